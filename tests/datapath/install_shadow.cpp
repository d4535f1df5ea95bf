// A candidate beside the running generation: it comes, goes on and goes, whole or not at all.
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>

#include "install_fixture.h"
#include "kernel/map.h"
#include "kernel/run_packet.h"

namespace sluice::kernel::test {
namespace {

using datapath::ShadowFate;

class InstallShadow : public InstallTest {
protected:
	// Lets all pass, on two interfaces, and a candidate that lets nothing pass.
	std::unique_ptr<KernelDatapath> guarded()
	{
		auto datapath = open();
		EXPECT_TRUE(datapath->install(plain_image(false)));
		EXPECT_TRUE(datapath->attach("sl0", {}));
		EXPECT_TRUE(datapath->attach("sl.2", {}));
		alone_ = program_on("sl0");
		return datapath;
	}
	std::unique_ptr<KernelDatapath> shadowed()
	{
		auto datapath = guarded();
		const auto begun = datapath->shadow(plain_image(true));
		EXPECT_TRUE(begun) << begun.error().sentence();
		return datapath;
	}
	static std::uint64_t judged_by_both(KernelDatapath& datapath)
	{
		EXPECT_EQ(static_cast<unsigned>(XDP_PASS), run_packet(datapath.program_fd(), udp_frame())->action);
		const auto read = datapath.shadow_counters();
		EXPECT_TRUE(read && read->pairs.size() == 1);
		if (!read || read->pairs.empty())
			return 0;
		EXPECT_EQ(SLUICE_DEFAULT_ALLOW, read->pairs[0].running);
		EXPECT_EQ(SLUICE_DEFAULT_DENY, read->pairs[0].candidate);
		return read->pairs[0].value.packets;
	}
	bool is_pinned(const std::string& path) const
	{
		const auto paths = pinned();
		return std::ranges::any_of(paths, [&](const std::string& each) { return each.starts_with(path); });
	}

	std::uint32_t alone_ = 0;  // the program before there was a candidate
};

TEST_F(InstallShadow, ItNeedsAPolicyToRunBeside)
{
	const auto datapath = open();
	EXPECT_EQ(ErrorCode::kNotFound, datapath->shadow(plain_image(true)).error().code());
	EXPECT_EQ(ErrorCode::kNotFound, datapath->end_shadow().error().code());
	EXPECT_FALSE(datapath->candidate()->has_value());
	EXPECT_TRUE(datapath->shadow_counters()->pairs.empty());
}

TEST_F(InstallShadow, ItComesAndGoesAndTheGenerationStays)
{
	const auto datapath = guarded();
	const auto paths = pinned();
	clock_.advance(1'000'000'000);
	const auto begun = datapath->shadow(plain_image(true));
	ASSERT_TRUE(begun) << begun.error().sentence();
	EXPECT_EQ(0u, begun->meta.generation);
	EXPECT_EQ(clock_.unix_ns(), begun->meta.installed_unix_ns);
	EXPECT_TRUE(begun->config.default_deny);
	EXPECT_NE(alone_, program_on("sl0"));
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	const auto interfaces = datapath->interfaces();
	ASSERT_TRUE(interfaces) << interfaces.error().sentence();
	for (const auto& interface : *interfaces)
		EXPECT_EQ(1u, interface.generation);
	EXPECT_EQ(1u, datapath->heritage()->generation);
	EXPECT_FALSE((*datapath->running())->config.default_deny);
	EXPECT_EQ(1u, judged_by_both(*datapath));
	EXPECT_EQ(ErrorCode::kExists, datapath->shadow(plain_image(true)).error().code());

	ASSERT_TRUE(datapath->end_shadow());
	EXPECT_EQ(alone_, program_on("sl0")) << "the program itself, with not one instruction more";
	EXPECT_EQ(alone_, program_on("sl.2"));
	EXPECT_EQ(paths, pinned());
	EXPECT_FALSE(datapath->candidate()->has_value());
	EXPECT_TRUE(datapath->take_notes().empty());
	ASSERT_TRUE(datapath->shadow(plain_image(true)));
	EXPECT_EQ(1u, judged_by_both(*datapath)) << "counts begin at zero";
}

TEST_F(InstallShadow, AnInterfaceThatComesIsShadowedAndOneThatGoesIsNot)
{
	const auto datapath = shadowed();
	ASSERT_TRUE(datapath->detach("sl.2"));
	EXPECT_EQ(0u, program_on("sl.2"));
	ASSERT_TRUE(datapath->attach("sl.2", {}));
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	EXPECT_EQ(1u, judged_by_both(*datapath));
}

TEST_F(InstallShadow, ItGoesOnBesideTheNextGenerationOrEnds)
{
	const auto datapath = shadowed();
	ASSERT_EQ(1u, judged_by_both(*datapath));
	const std::uint32_t before = program_on("sl0");
	ASSERT_TRUE(datapath->install(plain_image(false), ShadowFate::kGoesOn));
	EXPECT_NE(before, program_on("sl0"));
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	EXPECT_EQ(2u, judged_by_both(*datapath)) << "and counts go on";
	EXPECT_FALSE(is_pinned("generations/1/shadowed")) << "the generation before hands nothing on";
	EXPECT_TRUE(is_pinned("generations/2/shadowed"));

	ASSERT_TRUE(datapath->install(plain_image(false)));
	EXPECT_FALSE(datapath->candidate()->has_value());
	EXPECT_FALSE(is_pinned("shadow"));
	EXPECT_FALSE(is_pinned("generations/2/shadowed"));
	EXPECT_TRUE(datapath->take_notes().empty());
}

TEST_F(InstallShadow, ARevertEndsIt)
{
	const auto datapath = guarded();
	ASSERT_TRUE(datapath->install(plain_image(false)));
	ASSERT_TRUE(datapath->shadow(plain_image(true)));
	ASSERT_TRUE(datapath->revert());
	EXPECT_EQ(alone_, program_on("sl0"));
	EXPECT_FALSE(datapath->candidate()->has_value());
	EXPECT_FALSE(is_pinned("shadow"));
}

TEST_F(InstallShadow, WithNobodyAliveBothGoOn)
{
	std::uint32_t program = 0;
	{
		const auto datapath = shadowed();
		program = program_on("sl0");
	}
	EXPECT_EQ(program, program_on("sl0"));
	const auto datapath = open();
	EXPECT_TRUE(datapath->take_notes().empty());
	EXPECT_EQ(program, program_on("sl0"));
	ASSERT_TRUE(datapath->candidate()->has_value());
	EXPECT_EQ(1u, judged_by_both(*datapath));
	ASSERT_TRUE(datapath->install(plain_image(false), ShadowFate::kGoesOn));
	EXPECT_EQ(2u, judged_by_both(*datapath));
}

// Deaths between two steps, as they leave the pins and links.
TEST_F(InstallShadow, ACandidateThatNobodyHandsPacketsToIsRemoved)
{
	{
		const auto datapath = shadowed();
		const Fd candidate(calls_.open_pin(options_.pins + "/shadow/candidate"));
		ASSERT_TRUE(datapath->end_shadow());
		ASSERT_EQ(0, calls_.make_directory(options_.pins + "/shadow"));
		ASSERT_EQ(0, calls_.pin(candidate.get(), options_.pins + "/shadow/candidate"));
	}
	const auto datapath = open();
	EXPECT_FALSE(is_pinned("shadow"));
	EXPECT_EQ(alone_, program_on("sl0"));
	EXPECT_TRUE(datapath->shadow(plain_image(true)));
}

TEST_F(InstallShadow, OneThatWasPublishedToSomeInterfacesIsPublishedToAll)
{
	{
		const auto datapath = shadowed();
		const Fd link(calls_.open_pin(options_.pins + "/links/sl0"));
		const Fd own(calls_.open_pin(options_.pins + "/generations/1/program"));
		ASSERT_EQ(0, calls_.link_update(link.get(), own.get(), datapath->program_fd()));
	}
	ASSERT_NE(program_on("sl0"), program_on("sl.2"));
	const auto datapath = open();
	EXPECT_EQ(program_on("sl0"), program_on("sl.2"));
	EXPECT_EQ(1u, judged_by_both(*datapath));
}

TEST_F(InstallShadow, ADamagedOneIsDroppedAndTold)
{
	{
		const auto datapath = shadowed();
		ASSERT_EQ(0, calls_.unpin(options_.pins + "/shadow/pairs"));
	}
	const auto datapath = open();
	const auto notes = datapath->take_notes();
	ASSERT_EQ(1u, notes.size());
	EXPECT_NE(std::string::npos, notes[0].find("the candidate that was shadowed is dropped")) << notes[0];
	EXPECT_EQ(alone_, program_on("sl0"));
	EXPECT_EQ(alone_, program_on("sl.2"));
	EXPECT_FALSE(is_pinned("shadow"));
	EXPECT_FALSE(is_pinned("generations/1/shadowed"));
	EXPECT_FALSE(datapath->candidate()->has_value());
}

// For every kernel call of each step: fail it, and compare everything.
template <typename Step, typename Same>
unsigned fail_each(Calls& calls, Step step, Same same)
{
	unsigned failures = 0;
	for (std::uint64_t n = 1; n < 1000; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		calls.fail_at(n, EIO);
		const bool done = step();
		calls.fail_at(0, 0);
		if (done)
			break;
		failures++;
		same();
		if (testing::Test::HasFailure())
			break;
	}
	return failures;
}

TEST_F(InstallShadow, WhicheverCallFailsNoShadowHasBegun)
{
	const auto datapath = guarded();
	const auto paths = pinned();
	const unsigned failures = fail_each(
		calls_, [&] { return datapath->shadow(plain_image(true)).has_value(); },
		[&] {
			EXPECT_EQ(paths, pinned());
			EXPECT_EQ(alone_, program_on("sl0"));
			EXPECT_EQ(alone_, program_on("sl.2"));
			EXPECT_FALSE(datapath->candidate()->has_value());
		});
	EXPECT_GT(failures, 80u);
	EXPECT_EQ(1u, judged_by_both(*datapath));
}

TEST_F(InstallShadow, WhicheverCallFailsItGoesOnOrIsGone)
{
	const auto datapath = shadowed();
	const auto paths = pinned();
	const std::uint32_t program = program_on("sl0");
	const unsigned failures = fail_each(
		calls_, [&] { return datapath->end_shadow().has_value(); },
		[&] {
			EXPECT_EQ(paths, pinned());
			EXPECT_EQ(program, program_on("sl0"));
			EXPECT_EQ(program, program_on("sl.2"));
			EXPECT_TRUE(datapath->candidate()->has_value());
		});
	EXPECT_GE(failures, 4u);
	EXPECT_EQ(alone_, program_on("sl0"));
	EXPECT_EQ(alone_, program_on("sl.2"));
}

TEST_F(InstallShadow, WhicheverCallOfAnInstallFailsItGoesOn)
{
	const auto datapath = shadowed();
	const auto paths = pinned();
	const std::uint32_t program = program_on("sl0");
	const unsigned failures = fail_each(
		calls_, [&] { return datapath->install(plain_image(false), ShadowFate::kGoesOn).has_value(); },
		[&] {
			EXPECT_EQ(paths, pinned());
			EXPECT_EQ(program, program_on("sl0"));
			EXPECT_EQ(program, program_on("sl.2"));
			EXPECT_EQ(1u, datapath->heritage()->generation);
			EXPECT_TRUE(datapath->candidate()->has_value());
		});
	EXPECT_GT(failures, 60u);
	EXPECT_EQ(1u, judged_by_both(*datapath));
}

}  // namespace
}  // namespace sluice::kernel::test
