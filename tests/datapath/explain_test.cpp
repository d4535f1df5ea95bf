// Explain says of every packet what the program then does with it, and asking leaves no trace.
#include <set>

#include "datapath/table.h"
#include "support/gate_state.h"
#include "support/identity_policy.h"
#include "support/reason.h"

namespace sluice::test {

namespace {

constexpr const char* kEverything = R"(
version: 1
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/28]}
sources:
  - {name: scanners, action: deny, prefixes: [198.51.100.0/24, 192.0.2.0/24, "2001:db8:bad::/48"]}
  - {name: partners, action: allow, prefixes: [198.51.100.64/26]}
services:
  - {name: api, protocol: tcp, ports: [443]}
  - {name: admin, protocol: tcp, ports: [9000], admit: listed}
)";

Packet tcp(const char* source, std::uint16_t port = 443)
{
	return Ethernet{} / Ipv4{.source = source} / Tcp{.destination_port = port};
}

Packet fragment()
{
	return Ethernet{} / Ipv4{.source = "203.0.113.199", .more = true} / Tcp{} / payload(20);
}

std::string text_of(const std::vector<sluice_name>& names, std::size_t index)
{
	return index < names.size() && index != 0 ? names[index].text : "";
}

class Explain : public TableTest {
protected:
	void SetUp() override
	{
		auto gate = Gate::open({.bucket_bytes = 1u << 20, .ban_capacity = 64});
		if (!gate && gate.error().code() == ErrorCode::kDenied)
			GTEST_SKIP() << "needs to load programs: " << gate.error().sentence();
		ASSERT_TRUE(gate) << gate.error().sentence();
		gate_ = std::move(*gate);
	}

	// Explains, and proves that nothing else happened.
	datapath::Explanation explain(const Packet& packet)
	{
		const auto waiting = events_waiting(*gate_);
		const auto before = state_of(*gate_);
		auto explanation = gate_->datapath().explain(std::as_bytes(Frame(packet.bytes())));
		const auto after = state_of(*gate_);
		const auto fresh = events_waiting(*gate_);
		EXPECT_TRUE(waiting && before && explanation && after && fresh);
		if (!before || !after || !fresh || !explanation)
			return {};
		EXPECT_EQ(changes(*before, *after), std::vector<std::string>());
		EXPECT_EQ(*fresh, 0u);
		return *explanation;
	}

	// Explains, then judges: the same, down to the rule.
	void expect_alike(const Packet& packet)
	{
		SCOPED_TRACE(to_string(packet));
		const auto explanation = explain(packet);
		const auto& found = explanation.found;
		const std::string service = found.service == 0 ? "-" : text_of(gate_->running().services, found.service);
		const Judgement said{explanation.passes, reason_name(found.reason), service, text_of(gate_->running().rules, found.rule)};
		EXPECT_EQ(said, judge(packet));
		EXPECT_EQ(found.length, packet.bytes().size());
		seen_.insert(said.reason);
	}

	// The flow of tcp() from there is an identity's that has the role of that bit.
	void lease(std::uint32_t slot, const char* source, std::uint64_t roles)
	{
		constexpr std::uint64_t kHour = 3600'000'000'000;
		auto& datapath = gate_->datapath();
		const std::string name = "workload " + std::to_string(slot);
		const datapath::Flow flow{*net::Address::parse(source), *net::Address::parse("203.0.113.10"), 40000, 443};
		ASSERT_TRUE(datapath.put_identity({slot, name, "prod.example", *datapath::digest_of("prod.example", name), roles, datapath.now_boot_ns() + kHour}));
		ASSERT_TRUE(datapath.put_lease(flow, slot, datapath.now_boot_ns() + kHour));
	}

	std::set<std::string> seen_;
};

}  // namespace

TEST_F(Explain, EveryReasonIsSaidAsItIsThenJudged)
{
	install(kEverything);
	ASSERT_TRUE(gate_->ban("203.0.113.64/26"));
	expect_alike(Ethernet{} / Arp{});
	expect_alike((Ethernet{} / vlan()).cut(17));
	expect_alike(Ethernet{} / vlan() / vlan() / vlan() / Ipv4{} / Tcp{});
	expect_alike(Ethernet{} / Ipv4{.words = 4} / Tcp{});
	expect_alike(Ethernet{} / Ipv4{.total_length = 19} / Tcp{});
	Packet chain = Ethernet{} / Ipv6{};
	for (int i = 0; i < 9; i++)
		chain = chain / destination_options();
	expect_alike(chain / Tcp{});
	expect_alike(Ethernet{} / Ipv6{.next = 60} / payload(7));
	expect_alike(Ethernet{} / Ipv4{.protocol = 6} / payload(10));
	expect_alike(Ethernet{} / Ipv4{} / Tcp{.flags = kSyn | kFin});
	expect_alike(Ethernet{} / Ipv4{.source = "127.0.0.1"} / Tcp{});
	expect_alike(Ethernet{} / Ipv4{.offset = 1, .protocol = 6} / payload(16));
	expect_alike(Ethernet{} / Ipv6{.source = "fe80::1", .hop_limit = 255} / Icmpv6{.type = 136} / payload(24));
	expect_alike(tcp("192.0.2.1", 22));
	expect_alike(tcp("192.0.2.1"));
	expect_alike(Ethernet{} / Ipv6{.source = "2001:db8:bad::1"} / Tcp{});
	expect_alike(tcp("198.51.100.65"));
	expect_alike(tcp("203.0.113.65"));
	expect_alike(tcp("203.0.113.9"));
	expect_alike(tcp("203.0.113.9", 9000));
	expect_alike(tcp("203.0.113.9", 1));
	expect_alike(fragment());
	install("version: 1\ndefault: deny\n");
	expect_alike(tcp("203.0.113.9"));
	install("version: 1\nfragments: allow\n");
	expect_alike(fragment());

	for (const char* limit : {"packets: {rate: 1/h, burst: 2}", "bits: {rate: 1k/h, burst: 24224}", "connections: {rate: 1/h, burst: 2}"}) {
		ASSERT_NO_FATAL_FAILURE(install("version: 1\n" + identity_section() + "services:\n  - {name: api, protocol: tcp, ports: [443],"
						" admit: {roles: [reader]}, each-identity: {keys: 1000, " + limit + "}}\n"));
		lease(1, "203.0.113.9", 1u << SLUICE_ROLE_FIRST);
		lease(2, "203.0.113.8", 0);
		ASSERT_TRUE(gate_->datapath().put_lease(*net::Prefix::parse("203.0.113.7"), 1, gate_->datapath().now_boot_ns() + 3600'000'000'000));
		const Packet ack = Ethernet{} / Ipv4{.source = "203.0.113.9"} / Tcp{.flags = kAck} / payload(1460);
		for (int i = 0; i < 4; i++) {
			expect_alike(ack);
			expect_alike(tcp("203.0.113.7"));
		}
		expect_alike(Ethernet{} / Ipv4{.source = "203.0.113.8"} / Tcp{.flags = kAck});
		expect_alike(tcp("203.0.113.6"));
	}

	int services = 0;
	for (const char* dimension : {"packets: {rate: 1/h, burst: 2}", "bits: {rate: 1k/h, burst: 24224}", "connections: {rate: 1/h, burst: 2}"}) {
		const std::string limit = "{keys: 1000, " + std::string(dimension) + "}";
		for (const std::string& terms : {"all-sources: " + limit, "each-source: " + limit,
						 "each-prefix: {ipv4: 24, ipv6: 48, limit: " + limit + "}", std::string("admit: anyone")}) {
			const bool listed = terms == "admit: anyone";
			std::string text = "version: 1\n";
			if (listed)
				text += "sources:\n  - {name: partners, action: allow, prefixes: [203.0.113.0/24], limit: " + limit + "}\n";
			text += "services:\n  - {name: s" + std::to_string(++services) + ", protocol: tcp, ports: [443], " + terms + "}\n";
			SCOPED_TRACE(text);
			ASSERT_NO_FATAL_FAILURE(install(text));
			for (int i = 0; i < 4; i++)
				expect_alike(tcp("203.0.113.9") / payload(1460));
		}
	}
	// Those of path proof need sockets: Prove.ExplainLearnsAndChargesNothing and Answer.ExplainSendsAndChargesNothing.
	const std::set<std::string> elsewhere{"internal", "contended", "unproved", "no-connection", "no-listener", "cookie", "reply-capped"};
	for (std::size_t reason = 0; reason < SLUICE_REASONS; reason++) {
		const std::string name = reason_name(reason);
		if (!name.empty() && !elsewhere.contains(name)) {
			EXPECT_EQ(seen_.count(name), 1u) << name << " was never provoked";
		}
	}
}

TEST_F(Explain, SaysHowFullEveryLimitIs)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443],"
		" each-source: {keys: 1000, packets: {rate: 1/h, burst: 5}, connections: {rate: 1/h, burst: 3}}, all-sources: {packets: {rate: 1/h, burst: 100}}}\n");
	const auto& limits = gate_->running().limits;
	for (std::uint64_t sent = 0; sent < 3; sent++) {
		const auto found = explain(tcp("203.0.113.9")).found;
		ASSERT_EQ(found.count, 3u);
		EXPECT_EQ(text_of(gate_->running().rules, limits[found.asked[0].limit].rule), "api/all-sources") << "the widest first";
		for (std::uint32_t i = 0; i < found.count; i++) {
			const auto& meter = limits[found.asked[i].limit].meter[found.asked[i].dimension];
			EXPECT_EQ(found.asked[i].amount, meter.cost);
			// What drained since is less than a packet.
			EXPECT_EQ((found.asked[i].level + meter.cost - 1) / meter.cost, sent);
			EXPECT_FALSE(found.asked[i].refuses);
		}
		ASSERT_TRUE(judge(tcp("203.0.113.9")).passes);
	}
	const auto refused = explain(tcp("203.0.113.9")).found;
	EXPECT_EQ(reason_name(refused.reason), "source-connections");
	EXPECT_TRUE(refused.asked[2].refuses);
	EXPECT_FALSE(refused.asked[0].refuses || refused.asked[1].refuses) << "near miss: the others have room";
	const auto ack = explain(Ethernet{} / Ipv4{.source = "203.0.113.9"} / Tcp{.flags = kAck}).found;
	EXPECT_EQ(reason_name(ack.reason), "admitted") << "near miss: it opens no connection";
	EXPECT_EQ(ack.count, 2u);
	EXPECT_EQ(explain(tcp("203.0.113.8")).found.asked[1].level, 0u) << "near miss: another source";
}

TEST_F(Explain, NamesTheBanThatStandsLongest)
{
	install(kEverything);
	ASSERT_TRUE(gate_->ban("203.0.113.64/26", 3600'000'000'000));
	ASSERT_TRUE(gate_->ban("203.0.113.65", 60'000'000'000));
	ASSERT_TRUE(gate_->ban("198.51.100.0/24", 60'000'000'000));
	const auto banned = explain(tcp("203.0.113.65"));
	ASSERT_TRUE(banned.ban);
	EXPECT_EQ(banned.ban->prefix.to_string(), "203.0.113.64/26");
	EXPECT_EQ(banned.ban->why, "test");
	EXPECT_FALSE(banned.passes);
	const auto spared = explain(tcp("198.51.100.65"));
	ASSERT_TRUE(spared.ban) << "a ban that does not decide is said too";
	EXPECT_EQ(reason_name(spared.found.reason), "listed");
	EXPECT_FALSE(explain(tcp("203.0.113.63")).ban) << "near miss: before it";
	ASSERT_TRUE(gate_->datapath().ban({*net::Prefix::parse("203.0.113.199"), gate_->now_mono_ns(), 0, "over"}));
	const auto expired = explain(tcp("203.0.113.199"));
	EXPECT_FALSE(expired.ban) << "expired, and left where it is";
	EXPECT_TRUE(expired.passes);
}

TEST_F(Explain, FollowsTheGenerationThatRuns)
{
	const auto nothing = gate_->datapath().explain(std::as_bytes(Frame(tcp("203.0.113.9").bytes())));
	ASSERT_FALSE(nothing);
	EXPECT_EQ(nothing.error().code(), ErrorCode::kNotFound);
	install("version: 1\n");
	expect_alike(tcp("203.0.113.9"));
	install("version: 1\nmode: observe\ndefault: deny\n");
	expect_alike(tcp("203.0.113.9"));
	EXPECT_TRUE(explain(tcp("203.0.113.9")).passes) << "observed: it would pass all the same";
	ASSERT_TRUE(gate_->reopen());
	expect_alike(tcp("203.0.113.9"));
	EXPECT_EQ(seen_, (std::set<std::string>{"default-allow", "default-deny"}));
}

}  // namespace sluice::test
