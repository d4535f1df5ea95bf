// The overlay over the control socket: what is said, listed, forgotten, and refused.
#include <gtest/gtest.h>
#include <unistd.h>

#include "control/overlay_messages.h"
#include "control/peer.h"
#include "sluice/core/overlay.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using control::Json;

class DaemonOverlay : public testing::Test {
protected:
	DaemonOverlay() : daemon_(host_) {}
	Result<Json> say(const char* action, std::vector<std::string> prefixes, std::optional<std::uint64_t> for_ns = {})
	{
		return daemon_.client.post("/v1/overlay", {{"action", action}, {"prefixes", prefixes}, {"duration_ns", for_ns ? Json(*for_ns) : Json(nullptr)}, {"why", "a test"}});
	}
	std::string listed()
	{
		std::string out;
		const auto answer = daemon_.client.get("/v1/overlay");
		for (const Json& row : answer->at("overlay"))
			out += row.at("action").get<std::string>() + " " + row.at("prefix").get<std::string>() + ";";
		return out;
	}

	test::DaemonHost host_;
	test::RunningDaemon daemon_;
};

TEST_F(DaemonOverlay, IsSaidListedAndForgotten)
{
	ASSERT_TRUE(say("allow", {"192.0.2.7", "2001:db8::/32"}));
	ASSERT_TRUE(say("deny", {"198.51.100.0/24"}, 60'000'000'000));
	EXPECT_EQ(listed(), "allow 192.0.2.7;deny 198.51.100.0/24;allow 2001:db8::/32;");
	const auto rows = control::parse_overlay(*daemon_.client.get("/v1/overlay"));
	ASSERT_TRUE(rows);
	EXPECT_FALSE(rows->at(0).remaining_ns);
	EXPECT_GT(rows->at(1).remaining_ns.value_or(0), 0u);
	EXPECT_EQ(rows->at(1).why, "a test");
	EXPECT_EQ(rows->at(1).uid, ::geteuid()) << "who asked, by the socket";
	EXPECT_EQ(rows->at(1).user, control::user_name(::geteuid()));
	ASSERT_TRUE(say("deny", {"192.0.2.7"})) << "the newer word";
	EXPECT_EQ(listed(), "deny 192.0.2.7;deny 198.51.100.0/24;allow 2001:db8::/32;");
	ASSERT_TRUE(daemon_.client.del("/v1/overlay", {{"prefixes", {"192.0.2.7", "2001:db8::/32"}}}));
	EXPECT_EQ(listed(), "deny 198.51.100.0/24;");
	EXPECT_TRUE(daemon_.client.get("/v1/bans")->at("bans").empty());
}

TEST_F(DaemonOverlay, EventsSayWhatWasSaidOfWhatAndByWhom)
{
	ASSERT_TRUE(say("allow", {"192.0.2.7"}, 60'000'000'000));
	ASSERT_TRUE(say("deny", {"192.0.2.8"}));
	ASSERT_TRUE(daemon_.client.del("/v1/overlay", {{"prefixes", {"192.0.2.7"}}}));
	ASSERT_FALSE(say("deny", {"192.0.2.9/24"}));
	std::vector<Json> events;
	ASSERT_TRUE(daemon_.client.lines("/v1/events", [&](std::string_view line) {
		Json event = Json::parse(line);
		if (event.at("kind") == "overlay")
			events.push_back(std::move(event));
		return true;
	}));
	ASSERT_EQ(events.size(), 3u) << "what was refused is no event";
	EXPECT_EQ(events[0].at("action"), "allow");
	EXPECT_EQ(events[0].at("prefix"), "192.0.2.7");
	EXPECT_EQ(events[0].at("why"), "a test");
	EXPECT_EQ(events[0].at("uid"), ::geteuid());
	EXPECT_FALSE(events[0].at("expires_at").is_null());
	EXPECT_EQ(events[1].at("action"), "deny");
	EXPECT_TRUE(events[1].at("expires_at").is_null());
	EXPECT_EQ(events[2].at("action"), "forget");
	EXPECT_EQ(events[2].at("prefix"), "192.0.2.7");
}

// The kernel's maps outlive the daemon: the next one finds what was said.
TEST_F(DaemonOverlay, ALaterDaemonFindsWhatWasSaid)
{
	ASSERT_TRUE(say("deny", {"198.51.100.0/24"}));
	const auto entries = host_.shared.overlay_entries();
	ASSERT_TRUE(entries);
	ASSERT_EQ(entries->size(), 1u) << "in the datapath, and nowhere else";
	EXPECT_EQ(entries->front().why, "a test");
	EXPECT_FALSE(entries->front().allows);
}

TEST_F(DaemonOverlay, AllOrNothing)
{
	ASSERT_TRUE(say("allow", {"192.0.2.7"}));
	EXPECT_FALSE(daemon_.client.del("/v1/overlay", {{"prefixes", {"192.0.2.7", "192.0.2.8"}}}));
	EXPECT_EQ(listed(), "allow 192.0.2.7;");
	host_.shared.with([](auto& inner) { inner.fail_at(3); });  // all are read, one is set, the next is not
	EXPECT_FALSE(say("deny", {"192.0.2.7", "192.0.2.9"}));
	EXPECT_EQ(listed(), "allow 192.0.2.7;");
	const auto unknown = daemon_.client.del("/v1/overlay", {{"prefixes", {"192.0.2.9"}}});
	ASSERT_FALSE(unknown);
	EXPECT_EQ(unknown.error().code(), ErrorCode::kNotFound);
}

TEST_F(DaemonOverlay, WhatIsNoRequestIsRefused)
{
	EXPECT_FALSE(say("ban", {"192.0.2.7"}));
	EXPECT_FALSE(say("allow", {}));
	EXPECT_FALSE(say("allow", {"192.0.2.7/24"}));
	EXPECT_FALSE(say("allow", {"192.0.2.7"}, 0));
	EXPECT_FALSE(say("allow", {"192.0.2.7"}, 11ull * 365 * 24 * 3600 * 1'000'000'000));
	EXPECT_FALSE(daemon_.client.post("/v1/overlay", {{"prefixes", {"192.0.2.7"}}}));
	EXPECT_EQ(listed(), "");
}

TEST(CoreOverlay, TheLongerCountsAndOfEqualOnesTheOverlays)
{
	sluice_class of_list{};
	of_list.failsafe = 5;
	of_list.rule = 70;
	of_list.limit = 3;
	of_list.listed = SLUICE_SOURCE_DENIED;
	of_list.length = 120;
	const auto overlaid = [](sluice_class source, unsigned listed, unsigned length) {
		sluice_overlay(&source, static_cast<__u8>(listed), static_cast<__u8>(length));
		return source;
	};
	const sluice_class longer = overlaid(of_list, SLUICE_SOURCE_ALLOWED, 121);
	EXPECT_EQ(longer.listed, SLUICE_SOURCE_ALLOWED);
	EXPECT_EQ(longer.rule, SLUICE_RULE_OVERLAY);
	EXPECT_EQ(longer.limit, 0);
	EXPECT_EQ(longer.length, 121);
	EXPECT_EQ(longer.failsafe, 5u) << "not the overlay's to say";
	EXPECT_EQ(overlaid(of_list, SLUICE_SOURCE_ALLOWED, 120).listed, SLUICE_SOURCE_ALLOWED);
	const sluice_class shorter = overlaid(of_list, SLUICE_SOURCE_ALLOWED, 119);
	EXPECT_EQ(shorter.listed, SLUICE_SOURCE_DENIED);
	EXPECT_EQ(shorter.rule, 70);
	EXPECT_EQ(shorter.limit, 3);
	EXPECT_EQ(overlaid(of_list, SLUICE_SOURCE_UNLISTED, 128).listed, SLUICE_SOURCE_DENIED);
	EXPECT_EQ(overlaid(sluice_class{}, SLUICE_SOURCE_DENIED, 0).listed, SLUICE_SOURCE_DENIED) << "::/0";
}

}  // namespace
}  // namespace sluice::daemon
