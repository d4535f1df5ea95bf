// What the program found, in words; and the daemon's route, on the datapath without a kernel.
#include <gtest/gtest.h>

#include "daemon/explanation.h"
#include "sluice/abi/verdict.h"
#include "unit/daemon_fixture.h"
#include "unit/policy_text.h"

namespace sluice::daemon {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint16_t kList = SLUICE_RULE_FIRST;
constexpr std::uint16_t kLimit = SLUICE_RULE_FIRST + 1;

sluice_name named(const char* text, sluice_rule_kind kind)
{
	sluice_name name{};
	std::strncpy(name.text, text, sizeof(name.text) - 1);
	name.kind = static_cast<__u8>(kind);
	return name;
}

class DaemonExplanation : public testing::Test {
protected:
	DaemonExplanation()
	{
		running_.meta.generation = 7;
		running_.services = {named("-", SLUICE_RULE_NONE), named("fragments", SLUICE_RULE_NONE), named("api", SLUICE_RULE_NONE)};
		running_.rules.resize(SLUICE_RULE_FIRST + 2);
		running_.rules[SLUICE_RULE_FIRST_FAILSAFE] = named("failsafe/1", SLUICE_RULE_FAILSAFE);
		running_.rules[kList] = named("scanners", SLUICE_RULE_LIST);
		running_.rules[kLimit] = named("api/each-source", SLUICE_RULE_LIMIT);
		running_.limits.resize(2);
		running_.limits[1].rule = kLimit;
		sluice_meter& packets = running_.limits[1].meter[SLUICE_PACKETS];
		packets.cost = 1u << 16;
		packets.speed = 1u << 16;  // a packet in 2^16 ticks of 2^16 ns
		packets.burst = 10u << 16;
		sluice_meter& bits = running_.limits[1].meter[SLUICE_BITS];
		bits.cost = 4;
		bits.speed = 1u << 16;
		bits.burst = 1000 * 4;
		explanation_.found.source = net::Address::parse("192.0.2.7")->to_abi();
		explanation_.found.service = SLUICE_SERVICE_FIRST;
		explanation_.found.reason = SLUICE_ADMITTED;
		explanation_.found.now_mono_ns = 1000 * kSecond;
		explanation_.passes = true;
	}

	void ask(sluice_dimension dimension, std::uint64_t level, std::uint64_t amount)
	{
		const std::uint64_t burst = running_.limits[1].meter[dimension].burst;
		explanation_.found.asked[explanation_.found.count++] =
		    sluice_asked{level, amount, 1, static_cast<__u8>(dimension), level + amount > burst, {}};
	}
	control::Explained words(const policy::Provenance* provenance = nullptr)
	{
		return put_in_words(explanation_, running_, provenance, 2'000'000 * kSecond);
	}

	datapath::Running running_;
	datapath::Explanation explanation_;
};

TEST_F(DaemonExplanation, NamesWhosePacketItIsAndWhyItIsNot)
{
	EXPECT_FALSE(words().identity) << "nobody's";
	running_.roles = {sluice_name{}, named("reader", SLUICE_RULE_NONE), named("writer", SLUICE_RULE_NONE)};
	explanation_.identity = datapath::Identity{1, "spiffe://prod.example/billing", "prod.example"};
	explanation_.found.identity = 1;
	explanation_.found.roles = 0b110;
	explanation_.found.lease = SLUICE_LEASE_IN_FORCE;
	explanation_.found.lease_length = SLUICE_BINDING_FLOW;
	EXPECT_EQ("flow", words().identity->binding);
	EXPECT_EQ("in-force", words().identity->lease);
	EXPECT_EQ((std::vector<std::string>{"reader", "writer"}), words().identity->roles);
	explanation_.found.roles = 0;
	explanation_.found.lease = SLUICE_LEASE_EXPIRED;
	explanation_.found.lease_length = 120;
	EXPECT_EQ("192.0.2.0/24", words().identity->binding);
	EXPECT_EQ("expired", words().identity->lease);
	EXPECT_TRUE(words().identity->roles.empty());
}

TEST_F(DaemonExplanation, AnAdmittedPacket)
{
	ask(SLUICE_PACKETS, (3u << 16) - 5, 1u << 16);
	ask(SLUICE_BITS, 0, 100 * 4);
	const auto said = words();
	EXPECT_EQ(said.verdict, "pass");
	EXPECT_EQ(said.reason, "admitted");
	EXPECT_EQ(said.service, "api");
	EXPECT_EQ(said.generation, 7u);
	EXPECT_FALSE(said.rule || said.ban || said.recovers_in_ns);
	EXPECT_EQ(said.source.address, "192.0.2.7");
	EXPECT_EQ(said.source.listed, "no");
	ASSERT_EQ(said.limits.size(), 2u);
	EXPECT_EQ(said.limits[0].name, "api/each-source");
	EXPECT_EQ(said.limits[0].unit, "packets");
	EXPECT_EQ(said.limits[0].level, 3u) << "rounded up";
	EXPECT_EQ(said.limits[0].burst, 10u);
	EXPECT_EQ(said.limits[0].cost, 1u);
	EXPECT_EQ(said.limits[1].burst, 8000u) << "bits, though a meter charges by the byte";
	EXPECT_EQ(said.limits[1].cost, 800u);
	EXPECT_EQ(said.limit, 0u) << "the one that is nearest to refusing";
}

TEST_F(DaemonExplanation, ARefusedPacketRecoversWhenTheLastLimitDoes)
{
	explanation_.found.reason = SLUICE_SOURCE_PACKETS;
	explanation_.found.rule = kLimit;
	explanation_.passes = false;
	ask(SLUICE_PACKETS, 10u << 16, 1u << 16);
	ask(SLUICE_BITS, 1000 * 4, 500 * 4);
	const auto said = words();
	EXPECT_EQ(said.verdict, "drop");
	EXPECT_EQ(said.rule, "api/each-source");
	EXPECT_EQ(said.rule_kind, "limit");
	EXPECT_EQ(said.limit, 0u);
	EXPECT_TRUE(said.limits[0].refuses);
	EXPECT_EQ(said.limits[0].recovers_in_ns, 1ull << 32) << "one packet drains";
	EXPECT_EQ(said.limits[1].recovers_in_ns, 2000ull << 16) << "one unit a tick";
	EXPECT_EQ(said.recovers_in_ns, 1ull << 32);
}

TEST_F(DaemonExplanation, AWindowRecoversAtItsEdgeAndALogWhenAChargeLeaves)
{
	sluice_meter& packets = running_.limits[1].meter[SLUICE_PACKETS];
	packets.algorithm = SLUICE_FIXED_WINDOW;
	packets.window_s = 60;
	packets.speed = packets.burst;
	ask(SLUICE_PACKETS, 10u << 16, 1u << 16);
	EXPECT_EQ(words().limits[0].algorithm, "fixed-window");
	EXPECT_EQ(words().limits[0].rate, "10/m");
	EXPECT_EQ(words().limits[0].recovers_in_ns, 20 * kSecond);
	packets.algorithm = SLUICE_SLIDING_LOG;
	packets.cost = 1;
	packets.burst = 10;
	explanation_.found.asked[0] = sluice_asked{10, 1, 1, SLUICE_PACKETS, 1, 1000};
	EXPECT_EQ(words().limits[0].algorithm, "sliding-log");
	EXPECT_EQ(words().limits[0].level, 10u);
	EXPECT_EQ(words().limits[0].recovers_in_ns, 1000ull << SLUICE_TICK_SHIFT);
}

TEST_F(DaemonExplanation, APacketLargerThanTheBurstNeverPasses)
{
	explanation_.found.reason = SLUICE_SOURCE_BITS;
	explanation_.passes = false;
	ask(SLUICE_BITS, 0, 1001 * 4);
	EXPECT_TRUE(words().limits[0].refuses);
	EXPECT_FALSE(words().limits[0].recovers_in_ns);
	EXPECT_FALSE(words().recovers_in_ns);
}

TEST_F(DaemonExplanation, AListedSourceHasFileAndLine)
{
	explanation_.found.reason = SLUICE_LISTED_DENY;
	explanation_.found.rule = explanation_.found.list = kList;
	explanation_.found.listed = SLUICE_SOURCE_DENIED;
	explanation_.passes = false;
	const policy::Provenance provenance(policy::right_policy("sources:\n  - {name: scanners, action: deny, files: [s.netset]}\n",
								 {{"/etc/sluice/s.netset", "\n192.0.2.0/24\n"}}));
	const auto said = words(&provenance);
	EXPECT_EQ(said.rule, "scanners");
	EXPECT_EQ(said.rule_kind, "list");
	EXPECT_EQ(said.source.listed, "denied");
	EXPECT_EQ(said.source.list, "scanners");
	EXPECT_EQ(said.source.prefix, "192.0.2.0/24");
	EXPECT_EQ(said.source.file, "/etc/sluice/s.netset");
	EXPECT_EQ(said.source.line, 2u);
	ASSERT_TRUE(said.rule_place);
	EXPECT_EQ(said.rule_place->line, 2u);
	const auto adopted = words();
	EXPECT_FALSE(adopted.source.file || adopted.rule_place);
	ASSERT_TRUE(adopted.source.note) << "says why it does not know";
	EXPECT_NE(adopted.source.note->find("adopted"), std::string::npos);
}

TEST_F(DaemonExplanation, ABanIsSaidWithWhatIsLeft)
{
	explanation_.found.reason = SLUICE_BANNED;
	explanation_.passes = false;
	explanation_.ban = datapath::Ban{*net::Prefix::parse("192.0.2.0/24"), 1060 * kSecond, 5 * kSecond, "scans"};
	const auto said = words();
	ASSERT_TRUE(said.ban);
	EXPECT_EQ(said.ban->remaining_ns, 60 * kSecond);
	EXPECT_EQ(said.ban->expires_unix_ns, 2'000'060 * kSecond);
	EXPECT_EQ(said.ban->why, "scans");
	EXPECT_EQ(said.recovers_in_ns, 60 * kSecond);
	explanation_.found.reason = SLUICE_LISTED;
	explanation_.passes = true;
	EXPECT_TRUE(words().ban) << "one that does not decide is said too";
	EXPECT_FALSE(words().recovers_in_ns);
}

TEST_F(DaemonExplanation, CrossesTheSocketWhole)
{
	ask(SLUICE_PACKETS, 10u << 16, 1u << 16);
	explanation_.found.reason = SLUICE_SOURCE_PACKETS;
	explanation_.ban = datapath::Ban{*net::Prefix::parse("192.0.2.0/24"), {}, 5 * kSecond, "scans"};
	const auto said = words();
	const auto read = control::parse_explained(control::to_json(said));
	ASSERT_TRUE(read) << read.error().sentence();
	EXPECT_EQ(control::to_json(*read), control::to_json(said));
	EXPECT_FALSE(control::parse_explained(json::parse(R"({"verdict": 1})")));
	const net::DescribedPacket packet{{*net::Address::parse("2001:db8::1"), 7}, {*net::Address::parse("2001:db8::2"), 443}, net::kTcp, true, false, {}, 100};
	const auto request = control::parse_explain_request(control::to_json(packet));
	ASSERT_TRUE(request) << request.error().sentence();
	EXPECT_EQ(control::to_json(*request), control::to_json(packet));
	json unknown = control::to_json(packet);
	unknown["colour"] = "red";
	EXPECT_FALSE(control::parse_explain_request(unknown));
}

TEST_F(DaemonExplanation, WhatTheOverlaySaidAndWhoSaidIt)
{
	running_.rules[SLUICE_RULE_OVERLAY] = named("overlay", SLUICE_RULE_LIST);
	sluice_explanation& found = explanation_.found;
	found.reason = SLUICE_LISTED_DENY;
	found.listed = SLUICE_SOURCE_DENIED;
	found.list = found.rule = SLUICE_RULE_OVERLAY;
	explanation_.passes = false;
	explanation_.overlay = datapath::OverlayEntry{*net::Prefix::parse("192.0.2.0/24"), false, found.now_mono_ns + kSecond, 5, "scans", 0};
	const control::Explained said = words();
	EXPECT_EQ(said.rule, "overlay");
	EXPECT_EQ(said.rule_kind, "list");
	EXPECT_FALSE(said.rule_place);
	EXPECT_EQ(said.source.list, "overlay");
	EXPECT_EQ(said.source.prefix, "192.0.2.0/24");
	EXPECT_FALSE(said.source.note) << "no file has to be read for this";
	ASSERT_TRUE(said.overlay);
	EXPECT_EQ(said.overlay->user, "root");
	EXPECT_EQ(said.overlay->why, "scans");
	EXPECT_EQ(said.overlay->remaining_ns, kSecond);
	const auto again = control::parse_explained(control::to_json(said));
	ASSERT_TRUE(again) << again.error().sentence();
	EXPECT_EQ(control::to_json(*again), control::to_json(said));

	found.list = found.rule = kList;
	const control::Explained longer = words();
	EXPECT_EQ(longer.source.list, "scanners") << "a longer prefix of a list decides";
	EXPECT_FALSE(longer.source.prefix);
	EXPECT_TRUE(longer.overlay) << "and what was said is still told";
}

TEST(DaemonExplain, AsksTheDatapathAboutTheFrameThatIsDescribed)
{
	test::DaemonHost host;
	test::RunningDaemon daemon(host);
	ASSERT_FALSE(daemon.failure) << daemon.failure->sentence();
	sluice_explanation found{};
	found.source = net::Address::parse("192.0.2.7")->to_abi();
	found.reason = SLUICE_LISTED_DENY;
	found.listed = SLUICE_SOURCE_DENIED;
	found.list = found.rule = SLUICE_RULE_FIRST;
	host.shared.with([&](auto& d) { d.answer(found); return 0; });
	const json request{{"source", "192.0.2.7"}, {"destination", "203.0.113.10:443"}, {"protocol", "tcp"},
			   {"syn", true}, {"fragment", false}, {"icmp_type", nullptr}, {"length", nullptr}};
	const auto answer = daemon.client.post("/v1/explain", request);
	ASSERT_TRUE(answer) << answer.error().sentence();
	EXPECT_EQ((*answer)["verdict"], "drop");
	EXPECT_EQ((*answer)["reason"], "listed-deny");
	EXPECT_EQ((*answer)["rule"], "scanners");
	EXPECT_EQ((*answer)["source"]["file"], host.directory.at("scanners.netset"));
	EXPECT_EQ((*answer)["source"]["line"], 1);
	EXPECT_TRUE((*answer)["limit"].is_null());
	const auto frame = host.shared.with([](auto& d) { return d.explained(); });
	ASSERT_EQ(frame.size(), 54u);
	EXPECT_EQ(frame[47], std::byte{0x02}) << "SYN";

	json wrong = request;
	wrong["destination"] = "203.0.113.10";
	const auto refused = daemon.client.post("/v1/explain", wrong);
	ASSERT_FALSE(refused);
	EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
	EXPECT_EQ(host.shared.with([](auto& d) { return d.bans(); })->size(), 0u);
}

}  // namespace
}  // namespace sluice::daemon
