// Bans: a source out, in every disguise, and in again.
#include "story.h"

namespace sluice::e2e {

namespace {

using Ban = Story;

}  // namespace

TEST_F(Ban, BitesAtOnceAndIsLifted)
{
	start("version: 1\n");
	send(frame_from("203.0.113.66"), 10);
	EXPECT_EQ(counted("banned"), 0u);
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.66", "2001:db8:bad::/48", "--for", "1h", "--why", "a story"})).code, 0);
	send(frame_from("203.0.113.66"), 10);
	send(frame_from("203.0.113.67"), 10);  // its neighbour
	send(frame_from("2001:db8:bad:7::1"), 10);
	EXPECT_EQ(counted("banned"), 20u);

	const nlohmann::json bans = must(daemon().ask({"bans"})).at("bans");
	ASSERT_EQ(bans.size(), 2u);
	EXPECT_EQ(bans.at(0).at("why"), "a story");
	EXPECT_FALSE(bans.at(0).at("remaining_ns").is_null());

	ASSERT_EQ(must(daemon().command({"unban", "203.0.113.66"})).code, 0);
	send(frame_from("203.0.113.66"), 10);
	EXPECT_EQ(counted("banned"), 20u);
	EXPECT_NE(must(daemon().command({"unban", "203.0.113.66"})).code, 0);
}

TEST_F(Ban, ExpiresInTheKernelAlone)
{
	start("version: 1\n");
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.66", "--for", "2s"})).code, 0);
	daemon().kill();
	send(frame_from("203.0.113.66"), 10);
	EXPECT_EQ(counted("banned"), 10u);
	EXPECT_TRUE(until([&] {
		const std::uint64_t before = counted("banned");
		send(frame_from("203.0.113.66"), 1);
		return counted("banned") == before;
	}));
}

// holes.md: a banned source gets in with a VLAN tag or a QinQ tag; as another protocol.
TEST_F(Ban, NoDisguiseHelps)
{
	start("version: 1\n");
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.66", "2001:db8:bad::1"})).code, 0);
	std::uint64_t sent = 0;
	for (const char* source : {"203.0.113.66", "2001:db8:bad::1"}) {
		for (const std::vector<std::uint16_t>& tags : {std::vector<std::uint16_t>{}, {7}, {7, 8}}) {
			for (const net::Protocol protocol : {net::kUdp, net::kTcp, net::Protocol{47}, net::Protocol{50}}) {
				lab::Frame frame = frame_from(source);
				frame.tags = tags;
				frame.protocol = protocol;
				send(frame, 5);
				sent += 5;
			}
		}
	}
	EXPECT_EQ(counted("banned"), sent);
}

TEST_F(Ban, AnAllowedSourceIsNotHit)
{
	start("version: 1\nsources:\n  - {name: partners, action: allow, prefixes: [203.0.113.0/24]}\n");
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.66"})).code, 0);
	send(frame_from("203.0.113.66"), 10);
	EXPECT_EQ(counted("banned"), 0u);
	EXPECT_EQ(counted("listed"), 10u);
}

}  // namespace sluice::e2e
