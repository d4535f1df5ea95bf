// Explain, through command and daemon, about the gate that stands on the wire.
#include "story.h"

namespace sluice::e2e {

namespace {

using Explain = Story;

constexpr const char* kPolicy =
    "version: 1\n"
    "sources:\n"
    "  - {name: scanners, action: deny, files: [scanners.netset]}\n"
    "services:\n"
    "  - {name: dns, protocol: udp, ports: [9000], each-source: {packets: {rate: 1/h, burst: 5}}}\n";

}  // namespace

TEST_F(Explain, SaysWhatTheGateDoesAndCountsNowhere)
{
	start(kPolicy, {{"scanners.netset", "# feed\n198.51.100.0/24\n"}});
	const auto ask = [&](const std::string& source) {
		return must(daemon().ask({"explain", "--src", source, "--dst", "192.0.2.1:9000", "--protocol", "udp"}));
	};
	const auto missed = received() - judged();  // what came before the gate was attached
	const auto fresh = ask("203.0.113.66");
	EXPECT_EQ(fresh.at("verdict"), "pass");
	EXPECT_EQ(fresh.at("reason"), "admitted");
	EXPECT_EQ(fresh.at("service"), "dns");
	EXPECT_EQ(fresh.at("limit").at("level"), 0);
	EXPECT_EQ(judged() + missed, received()) << "nothing but what has arrived was counted";

	send(frame_from("203.0.113.66", 9000), 8);
	EXPECT_EQ(counted("admitted"), 5u);
	const auto refused = ask("203.0.113.66");
	EXPECT_EQ(refused.at("verdict"), "drop");
	EXPECT_EQ(refused.at("reason"), "source-packets");
	EXPECT_EQ(refused.at("rule"), "dns/each-source");
	EXPECT_EQ(refused.at("limit").at("level"), 5);
	EXPECT_EQ(refused.at("limit").at("burst"), 5);
	EXPECT_GT(refused.at("recovers_in_ns").get<std::uint64_t>(), 3000ull * 1'000'000'000);
	EXPECT_EQ(ask("203.0.113.67").at("reason"), "admitted") << "near miss: its neighbour";

	const auto denied = ask("198.51.100.9");
	EXPECT_EQ(denied.at("reason"), "listed-deny");
	EXPECT_EQ(denied.at("source").at("prefix"), "198.51.100.0/24");
	EXPECT_EQ(denied.at("source").at("line"), 2);
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.67", "--why", "a story"})).code, 0);
	EXPECT_EQ(ask("203.0.113.67").at("ban").at("why"), "a story");
	EXPECT_EQ(judged() + missed, received());
	EXPECT_EQ(counted("banned"), 0u);
}

}  // namespace sluice::e2e
