// The generation before judges again: by link update alone, whole or not at all.
#include <cerrno>

#include "install_fixture.h"

namespace sluice::kernel::test {
namespace {

class InstallRevert : public InstallTest {};

TEST_F(InstallRevert, WithoutOneBeforeThereIsNothingToReturnTo)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	EXPECT_FALSE(datapath->previous()->has_value());
	EXPECT_EQ(ErrorCode::kNotFound, datapath->revert().error().code());
}

TEST_F(InstallRevert, ItJudgesOnEveryInterfaceAndNumbersGoOn)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	ASSERT_TRUE(datapath->attach("sl0", {}));
	ASSERT_TRUE(datapath->attach("sl.2", {}));
	const std::uint32_t first = program_on("sl0");
	ASSERT_TRUE(datapath->install(plain_image(true)));
	ASSERT_NE(first, program_on("sl0"));
	EXPECT_EQ(1u, (*datapath->previous())->meta.generation);

	const auto running = datapath->revert();
	ASSERT_TRUE(running) << running.error().sentence();
	EXPECT_EQ(1u, running->meta.generation);
	EXPECT_EQ(first, program_on("sl0"));
	EXPECT_EQ(first, program_on("sl.2"));
	EXPECT_EQ(2u, (*datapath->previous())->meta.generation);
	ASSERT_TRUE(datapath->install(plain_image(true)));
	EXPECT_EQ(3u, (*datapath->running())->meta.generation);
	EXPECT_EQ((std::vector<std::uint32_t>{1, 3}), Pins::at(options_.pins).generations());
}

TEST_F(InstallRevert, TheNextDaemonFindsItRunning)
{
	std::uint32_t first = 0;
	{
		const auto datapath = open();
		ASSERT_TRUE(datapath->install(plain_image(false)));
		ASSERT_TRUE(datapath->attach("sl0", {}));
		first = program_on("sl0");
		ASSERT_TRUE(datapath->install(plain_image(true)));
		ASSERT_TRUE(datapath->revert());
	}
	const auto datapath = open();
	EXPECT_EQ(1u, (*datapath->running())->meta.generation);
	EXPECT_EQ(first, program_on("sl0"));
}

TEST_F(InstallRevert, WhicheverCallFailsNothingHasChanged)
{
	const auto datapath = open();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	ASSERT_TRUE(datapath->attach("sl0", {}));
	ASSERT_TRUE(datapath->attach("sl.2", {}));
	ASSERT_TRUE(datapath->install(plain_image(true)));
	const auto paths = pinned();
	const std::uint32_t program = program_on("sl0");
	unsigned failures = 0;
	for (std::uint64_t n = 1;; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls_.fail_at(n, EIO);
		const auto running = datapath->revert();
		calls_.fail_at(0, 0);
		if (running)
			break;
		failures++;
		ASSERT_EQ(paths, pinned());
		ASSERT_EQ(program, program_on("sl0"));
		ASSERT_EQ(program, program_on("sl.2"));
		ASSERT_EQ(2u, datapath->heritage()->generation);
	}
	EXPECT_GT(failures, 4u);
	EXPECT_NE(program, program_on("sl0"));
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
}

}  // namespace
}  // namespace sluice::kernel::test
