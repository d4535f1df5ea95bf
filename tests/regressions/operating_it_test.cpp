// "Operating it": holes that operators of other firewalls fall into, one test each, named after the hole.
#include <time.h>

#include <vector>

#include "sluice/abi/event.h"
#include "support/gate.h"

namespace sluice::test {

namespace {

constexpr const char* kLists = R"(
version: 1
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}
sources:
  - {name: friends, action: allow, prefixes: [198.51.100.0/25]}
  - {name: foes, action: deny, prefixes: [198.51.100.128/25]}
services:
  - {name: api, protocol: tcp, ports: [443]}
)";

Packet from(const std::string& source, std::uint16_t port = 443)
{
	return Ethernet{} / Ipv4{.source = source} / Tcp{.destination_port = port};
}

void sleep_ns(std::uint64_t ns)
{
	const timespec pause{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
	::nanosleep(&pause, nullptr);
}

class OperatingIt : public GateTest {
protected:
	void expect_reason(const Packet& packet, const std::string& reason, const std::string& rule = "")
	{
		const Judgement judgement = judge(packet);
		EXPECT_EQ(judgement.reason, reason) << to_string(packet);
		EXPECT_EQ(judgement.rule, rule) << to_string(packet);
	}
};

}  // namespace

TEST_F(OperatingIt, TheOperatorLocksHimselfOut)
{
	install("version: 1\ndefault: deny\nfailsafe:\n  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n"
		"sources:\n  - {name: everybody, action: deny, prefixes: [0.0.0.0/0, \"::/0\"]}\n"
		"services:\n  - {name: ssh, protocol: tcp, ports: [22], admit: listed, all-sources: {packets: {rate: 1/h, burst: 1}}}\n");
	ASSERT_TRUE(gate_->ban("0.0.0.0/0"));
	for (int i = 0; i < 20; i++)
		expect_reason(from("192.0.2.1", 22), "failsafe", "failsafe/1");
	expect_reason(from("203.0.113.1", 22), "listed-deny", "everybody");
}

// A network denied in a hurry, and a partner in it; a network allowed in a hurry, and an attacker in it.
TEST_F(OperatingIt, ANetworkNamedInAHurryTakesNobodyAlongThatAListNames)
{
	install("version: 1\nsources:\n  - {name: partner, action: allow, prefixes: [203.0.113.7]}\n"
		"  - {name: attacker, action: deny, prefixes: [198.51.100.7]}\n");
	const auto say = [&](const char* prefix, bool allows) {
		return gate_->datapath().overlay({*net::Prefix::parse(prefix), allows, {}, 1, "in a hurry", 0});
	};
	ASSERT_TRUE(say("203.0.113.0/24", false));
	ASSERT_TRUE(say("198.51.100.0/24", true));
	expect_reason(from("203.0.113.7"), "listed", "partner");
	expect_reason(from("203.0.113.8"), "listed-deny", "overlay");
	expect_reason(from("198.51.100.7"), "listed-deny", "attacker");
	expect_reason(from("198.51.100.8"), "listed", "overlay");
}

// An exception made for a customer must not be undone by the list's next edition, nor by a reload.
TEST_F(OperatingIt, AnExceptionOutlivesTheNextEditionOfTheList)
{
	install("version: 1\nsources:\n  - {name: feed, action: deny, prefixes: [203.0.113.0/24]}\n");
	ASSERT_TRUE(gate_->datapath().overlay({*net::Prefix::parse("203.0.113.7"), true, {}, 1, "a customer", 0}));
	expect_reason(from("203.0.113.7"), "listed", "overlay");
	install("version: 1\nsources:\n  - {name: feed, action: deny, prefixes: [203.0.113.0/25, 203.0.113.7]}\n");
	expect_reason(from("203.0.113.7"), "listed", "overlay");
	expect_reason(from("203.0.113.8"), "listed-deny", "feed");
}

TEST_F(OperatingIt, AReloadThatFlipsAnAllowListIntoADenyList)
{
	std::string swapped = kLists;
	swapped.replace(swapped.find("  - {name: friends"), swapped.find("services:") - swapped.find("  - {name: friends"),
			"  - {name: foes, action: deny, prefixes: [198.51.100.128/25]}\n"
			"  - {name: more, action: deny, prefixes: [203.0.113.0/24]}\n"
			"  - {name: friends, action: allow, prefixes: [198.51.100.0/25]}\n");
	for (const auto& policy : {std::string(kLists), swapped, std::string(kLists)}) {
		install(policy);
		expect_reason(from("198.51.100.1"), "listed", "friends");
		expect_reason(from("198.51.100.200"), "listed-deny", "foes");
	}
}

TEST_F(OperatingIt, RemovedRulesLinger)
{
	install(kLists);
	expect_reason(from("198.51.100.200"), "listed-deny", "foes");
	install("version: 1\nservices:\n  - {name: web, protocol: tcp, ports: [80]}\n");
	expect_reason(from("198.51.100.200"), "default-allow");
	expect_reason(from("198.51.100.1"), "default-allow");
	expect_reason(from("192.0.2.1", 22), "default-allow");
	expect_reason(from("192.0.2.1", 80), "admitted");
}

TEST_F(OperatingIt, APolicyWithErrorsLeavesTheRunningOneUntouched)
{
	install(kLists);
	const auto refused = gate_->install("version: 1\nsources:\n  - {name: foes, action: perhaps, prefixes: [198.51.100.0/24]}\n");
	EXPECT_FALSE(refused);
	expect_reason(from("198.51.100.1"), "listed", "friends");
	expect_reason(from("198.51.100.200"), "listed-deny", "foes");
}

TEST_F(OperatingIt, BansAreLostAtReloadOrRestart)
{
	install(kLists);
	ASSERT_TRUE(gate_->ban("203.0.113.7"));
	expect_reason(from("203.0.113.7"), "banned");
	install("version: 1\n");
	expect_reason(from("203.0.113.7"), "banned");
	const auto reopened = gate_->reopen();
	ASSERT_TRUE(reopened) << reopened.error().sentence();
	expect_reason(from("203.0.113.7"), "banned");
}

TEST_F(OperatingIt, CountersAreLostAtReloadOrRestart)
{
	install(kLists);
	for (int i = 0; i < 5; i++)
		judge(from("198.51.100.200"));
	install("version: 1\n");
	const auto reopened = gate_->reopen();
	ASSERT_TRUE(reopened) << reopened.error().sentence();
	const auto reasons = gate_->reasons();
	ASSERT_TRUE(reasons) << reasons.error().sentence();
	EXPECT_EQ(reasons->at("listed-deny"), 5u);
}

TEST_F(OperatingIt, CountersOfAServiceThatGoesAndComesBack)
{
	install(kLists);
	const Judgement before = judge(from("203.0.113.1"));
	install("version: 1\nservices:\n  - {name: newcomer, protocol: tcp, ports: [443]}\n");
	EXPECT_EQ(judge(from("203.0.113.1")).service, "newcomer");
	install(kLists);
	EXPECT_EQ(judge(from("203.0.113.1")), before);
}

TEST_F(OperatingIt, ABanEndsThoughNobodyLiftsIt)
{
	install(kLists);
	ASSERT_TRUE(gate_->ban("203.0.113.7", 500'000'000));
	expect_reason(from("203.0.113.7"), "banned");
	sleep_ns(600'000'000);
	expect_reason(from("203.0.113.7"), "admitted");
}

TEST_F(OperatingIt, AMapFullErrorAsABareErrno)
{
	auto gate = Gate::open({.bucket_bytes = 1u << 20, .ban_capacity = 4});
	ASSERT_TRUE(gate) << gate.error().sentence();
	gate_ = std::move(*gate);
	install(kLists);
	for (int i = 1; i <= 4; i++)
		ASSERT_TRUE(gate_->ban("203.0.113." + std::to_string(i)));
	const auto refused = gate_->ban("203.0.113.5");
	ASSERT_FALSE(refused);
	EXPECT_EQ(refused.error().code(), ErrorCode::kExhausted);
	EXPECT_NE(refused.error().sentence().find("ban"), std::string::npos) << refused.error().sentence();
	EXPECT_FALSE(refused.error().advice().empty()) << refused.error().sentence();
	for (int i = 1; i <= 4; i++)
		expect_reason(from("203.0.113." + std::to_string(i)), "banned");
	expect_reason(from("203.0.113.5"), "admitted");
}

TEST_F(OperatingIt, DropsWithoutANameAListAndASample)
{
	install(kLists);
	judge(from("198.51.100.200"));
	std::vector<sluice_event> events;
	ASSERT_TRUE(gate_->datapath().drain_events([&](const sluice_event& event) { events.push_back(event); }));
	ASSERT_EQ(events.size(), 1u);
	EXPECT_EQ(events[0].reason, SLUICE_LISTED_DENY);
	EXPECT_EQ(net::Address::from_abi(events[0].source).to_string(), "198.51.100.200");
	EXPECT_EQ(net::Address::from_abi(events[0].destination).to_string(), "203.0.113.10");
	EXPECT_EQ(events[0].source_port, 40000);
	EXPECT_EQ(events[0].destination_port, 443);
	EXPECT_EQ(events[0].protocol, 6);
	EXPECT_STREQ(gate_->running().services.at(events[0].service).text, "api");
	EXPECT_STREQ(gate_->running().rules.at(events[0].rule).text, "foes");
	EXPECT_EQ(events[0].generation, gate_->running().config.generation);
	EXPECT_EQ(events[0].observed, 0);
}

TEST_F(OperatingIt, LoggingThatFloods)
{
	install(kLists);
	ASSERT_TRUE(gate_->flood(from("198.51.100.200").bytes(), 100'000));
	std::uint64_t events = 0;
	ASSERT_TRUE(gate_->datapath().drain_events([&](const sluice_event&) { events++; }));
	const auto counters = gate_->datapath().counters();
	ASSERT_TRUE(counters) << counters.error().sentence();
	EXPECT_GT(events, 0u);
	EXPECT_LT(events, 10'000u);
	EXPECT_EQ(events + counters->events_lost, 100'000u) << "what is not written is counted as lost";
}

// Whatever cannot be read is dropped, and says so: a fault never opens the gate.
TEST_F(OperatingIt, FailOpenOnWhatCannotBeParsed)
{
	install(kLists);
	const Packet broken[] = {(Ethernet{} / Ipv4{} / Tcp{}).cut(40), Ethernet{} / Ipv4{.version = 0} / Tcp{},
				 Ethernet{} / Ipv6{.next = 60} / payload(3), Ethernet{} / vlan() / vlan() / vlan() / Ipv4{} / Tcp{}};
	for (const auto& packet : broken)
		EXPECT_FALSE(judge(packet).passes) << to_string(packet);
}

}  // namespace sluice::test
