// The twin behaves as the kernel does, as far as those who stand on a Datapath can tell.
#include <gtest/gtest.h>

#include <poll.h>

#include <cstring>

#include "datapath/memory_datapath.h"

namespace sluice::datapath {
namespace {

policy::Image image()
{
	policy::Image image;
	sluice_name name{};
	std::strcpy(name.text, "api/each-source");
	image.rule_names = {sluice_name{}, name};
	image.limits.resize(2);
	image.limits[1].rule = 1;
	return image;
}

class DatapathMemory : public testing::Test {
protected:
	Ban ban_of(const std::string& prefix, std::optional<std::uint64_t> for_ns = {})
	{
		Ban ban{*net::Prefix::parse(prefix), {}, clock_.unix_ns(), "why"};
		if (for_ns)
			ban.expires_mono_ns = clock_.mono_ns() + *for_ns;
		return ban;
	}

	ManualClock clock_;
	MemoryDatapath datapath_{clock_, 3};
};

TEST_F(DatapathMemory, GenerationsCountUp)
{
	EXPECT_FALSE(datapath_.running()->has_value());
	EXPECT_EQ(0u, datapath_.heritage()->generation);
	EXPECT_EQ(1u, datapath_.install(image())->config.generation);
	EXPECT_EQ(2u, datapath_.install(image())->meta.generation);
	EXPECT_EQ(1u, datapath_.heritage()->limits.count("api/each-source"));
}

TEST_F(DatapathMemory, AttachesAsTheHostAllows)
{
	datapath_.add_interface("eth0");
	datapath_.add_interface("wg0", false);
	EXPECT_FALSE(datapath_.attach("eth0", {}));
	ASSERT_TRUE(datapath_.install(image()));
	EXPECT_EQ(AttachMode::kNative, datapath_.attach("eth0", {})->mode);
	EXPECT_EQ(AttachMode::kGeneric, datapath_.attach("wg0", {})->mode);
	EXPECT_EQ(ErrorCode::kNotFound, datapath_.attach("eth1", {}).error().code());
	EXPECT_EQ(ErrorCode::kExists, datapath_.attach("eth0", AttachMode::kGeneric).error().code());
	EXPECT_EQ(2u, datapath_.interfaces()->size());
	datapath_.remove_interface("eth0");
	EXPECT_EQ(1u, datapath_.interfaces()->size());
	EXPECT_EQ(ErrorCode::kNotFound, datapath_.detach("eth0").error().code());
}

TEST_F(DatapathMemory, BansExpireAndMakeRoom)
{
	ASSERT_TRUE(datapath_.ban(ban_of("192.0.2.1", 10)));
	ASSERT_TRUE(datapath_.ban(ban_of("192.0.2.2")));
	ASSERT_TRUE(datapath_.ban(ban_of("192.0.2.3")));
	EXPECT_EQ(ErrorCode::kExhausted, datapath_.ban(ban_of("192.0.2.4")).error().code());
	clock_.advance(10);
	EXPECT_EQ(2u, datapath_.bans()->size());
	EXPECT_TRUE(datapath_.ban(ban_of("192.0.2.4")));
	EXPECT_EQ(ErrorCode::kNotFound, datapath_.unban(*net::Prefix::parse("192.0.2.9")).error().code());
}

TEST_F(DatapathMemory, AFailedCallChangesNothing)
{
	datapath_.add_interface("eth0");
	ASSERT_TRUE(datapath_.install(image()));
	datapath_.fail_at(2, Error(ErrorCode::kUnsupported, "no"));
	EXPECT_TRUE(datapath_.heritage());
	EXPECT_EQ(ErrorCode::kUnsupported, datapath_.install(image()).error().code());
	EXPECT_EQ(1u, datapath_.heritage()->generation);
	datapath_.fail_at(1);
	EXPECT_FALSE(datapath_.attach("eth0", {}));
	EXPECT_TRUE(datapath_.interfaces()->empty());
	datapath_.fail_at(1);
	EXPECT_FALSE(datapath_.ban(ban_of("192.0.2.1")));
	EXPECT_TRUE(datapath_.bans()->empty());
}

TEST_F(DatapathMemory, EventsWakeAndDrain)
{
	pollfd poll{datapath_.events_fd(), POLLIN, 0};
	EXPECT_EQ(0, ::poll(&poll, 1, 0));
	sluice_event event{};
	event.length = 60;
	datapath_.report(event);
	EXPECT_EQ(1, ::poll(&poll, 1, 0));
	std::uint32_t bytes = 0;
	ASSERT_TRUE(datapath_.drain_events([&](const sluice_event& one) { bytes += one.length; }));
	EXPECT_EQ(60u, bytes);
	EXPECT_EQ(0, ::poll(&poll, 1, 0));
}

TEST_F(DatapathMemory, CountsAddUp)
{
	datapath_.count(2, 40, {1, 60});
	datapath_.count(2, 40, {1, 60});
	datapath_.count_rule(65, {3, 180});
	const auto counters = datapath_.counters();
	ASSERT_EQ(1u, counters->by_service.size());
	EXPECT_EQ(120u, counters->by_service[0].value.bytes);
	EXPECT_EQ(3u, counters->by_rule.at(0).value.packets);
}

}  // namespace
}  // namespace sluice::datapath
