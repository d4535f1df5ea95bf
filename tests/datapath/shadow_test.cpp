// A candidate beside the running policy, on the same packets: what it says is counted, and changes nothing.
#include <cstring>

#include "datapath/table.h"
#include "kernel/typed_map.h"

namespace sluice::test {

namespace {

constexpr const char* kOpen = "version: 1\nservices:\n  - {name: api, protocol: udp, ports: [53]}\n";
constexpr const char* kClosed = "version: 1\ndefault: deny\nservices:\n  - {name: api, protocol: udp, ports: [53]}\n";

std::string limited(int burst)
{
	return "version: 1\nservices:\n  - {name: api, protocol: udp, ports: [53], each-source: {packets: {rate: 1/h, burst: " +
	       std::to_string(burst) + "}}}\n";
}

Packet query(const std::string& source = "198.51.100.7")
{
	return Ethernet{} / Ipv4{.source = source} / Udp{.destination_port = 53} / payload(10);
}

class Shadowed : public GateTest {
protected:
	void shadow(const std::string& text)
	{
		const auto begun = gate_->shadow(text);
		ASSERT_TRUE(begun) << begun.error().sentence();
	}
	datapath::ShadowCounters counters()
	{
		auto read = gate_->datapath().shadow_counters();
		EXPECT_TRUE(read) << read.error().sentence();
		return read ? *read : datapath::ShadowCounters{};
	}
	sluice_counter pair(std::uint32_t running, std::uint32_t candidate)
	{
		for (const auto& row : counters().pairs) {
			if (row.running == running && row.candidate == candidate)
				return row.value;
		}
		return {};
	}
	std::uint64_t outcome(std::uint16_t service, bool running_passes, bool candidate_passes)
	{
		for (const auto& row : counters().by_service) {
			if (row.service == service && row.running_passes == running_passes && row.candidate_passes == candidate_passes)
				return row.value.packets;
		}
		return 0;
	}
	std::vector<sluice_bucket_set> buckets()
	{
		const auto map = gate_->state("buckets");
		EXPECT_TRUE(map) << map.error().sentence();
		auto read = kernel::read_array<sluice_bucket_set>(*map);
		EXPECT_TRUE(read) << read.error().sentence();
		return *read;
	}
};

struct PairCase {
	const char* sentence;
	std::string running;
	std::string candidate;
	Packet packet;
	bool passes;  // as the running policy says
	std::uint32_t reason;
	std::uint32_t instead;
};

std::vector<PairCase> cases()
{
	const std::string observed = std::string(kClosed) + "mode: observe\n";
	const std::string banned = std::string(kOpen) + "sources:\n  - {name: friends, action: allow, prefixes: [192.0.2.0/24]}\n";
	const Packet truncated = Ethernet{} / Ipv4{.total_length = 9} / Udp{.destination_port = 53} / payload(10);
	return {
		{"both let it pass", kOpen, kOpen, query(), true, SLUICE_ADMITTED, SLUICE_ADMITTED},
		{"the candidate would drop it", kOpen, kClosed, query(), true, SLUICE_ADMITTED, SLUICE_DEFAULT_DENY},
		{"the candidate would let it pass", kClosed, kOpen, query(), false, SLUICE_DEFAULT_DENY, SLUICE_ADMITTED},
		{"both drop it", kClosed, kClosed, query(), false, SLUICE_DEFAULT_DENY, SLUICE_DEFAULT_DENY},
		{"malformed is malformed to both", kOpen, kOpen, truncated, false, SLUICE_IP_LENGTH, SLUICE_IP_LENGTH},
		{"observed, what would be dropped passes", observed, kOpen, query(), true, SLUICE_DEFAULT_DENY, SLUICE_ADMITTED},
		{"a candidate that observes decides as little", kClosed, observed, query(), false, SLUICE_DEFAULT_DENY, SLUICE_DEFAULT_DENY},
		{"bans are those of all", kOpen, kOpen, query("203.0.113.66"), false, SLUICE_BANNED, SLUICE_BANNED},
		{"a listed allow outranks them in one of the two", kOpen, banned, query("192.0.2.66"), false, SLUICE_BANNED, SLUICE_LISTED},
		{"a fragment", std::string(kOpen) + "fragments: allow\n", kOpen, Ethernet{} / Ipv4{.more = true} / Udp{} / payload(16), true,
		 SLUICE_FRAGMENT_ALLOW, SLUICE_FRAGMENT},
	};
}

TEST_F(Shadowed, TheRunningPolicyDecidesAndThePairIsCounted)
{
	ASSERT_TRUE(gate_->ban("203.0.113.66"));
	ASSERT_TRUE(gate_->ban("192.0.2.66"));
	for (const PairCase& c : cases()) {
		SCOPED_TRACE(c.sentence);
		ASSERT_NO_FATAL_FAILURE(install(c.running));
		const Judgement alone = judge(c.packet);
		ASSERT_NO_FATAL_FAILURE(shadow(c.candidate));
		const Judgement together = judge(c.packet);
		EXPECT_EQ(alone, together);
		EXPECT_EQ(c.passes, together.passes);
		const auto read = counters();
		ASSERT_EQ(1u, read.pairs.size());
		EXPECT_EQ(1u, pair(c.reason, c.instead).packets);
		EXPECT_EQ(c.packet.bytes().size(), pair(c.reason, c.instead).bytes);
		ASSERT_EQ(1u, read.by_service.size());
		EXPECT_EQ(sluice_reason_passes(c.reason), read.by_service[0].running_passes);
		EXPECT_EQ(sluice_reason_passes(c.instead), read.by_service[0].candidate_passes);
		EXPECT_EQ(0u, read.missed.packets);
	}
}

TEST_F(Shadowed, ServicesAreToldApart)
{
	ASSERT_NO_FATAL_FAILURE(install(kOpen));
	ASSERT_NO_FATAL_FAILURE(shadow(kClosed));
	judge(query());
	judge(query());
	judge(Ethernet{} / Ipv4{} / Udp{.destination_port = 54} / payload(10));
	EXPECT_EQ(2u, outcome(SLUICE_SERVICE_FIRST, true, false));
	EXPECT_EQ(1u, outcome(SLUICE_SERVICE_NONE, true, false));
}

TEST_F(Shadowed, EachChargesItsOwnLevelsAndNobodyElses)
{
	ASSERT_NO_FATAL_FAILURE(install(limited(10)));
	ASSERT_NO_FATAL_FAILURE(shadow(limited(5)));
	ASSERT_EQ(10u, *gate_->flood(query().bytes(), 100)) << "the running limit is charged once a packet";
	EXPECT_EQ(5u, pair(SLUICE_ADMITTED, SLUICE_ADMITTED).packets);
	EXPECT_EQ(5u, pair(SLUICE_ADMITTED, SLUICE_SOURCE_PACKETS).packets);
	EXPECT_EQ(90u, pair(SLUICE_SOURCE_PACKETS, SLUICE_SOURCE_PACKETS).packets);
}

TEST_F(Shadowed, WhatOnlyTheCandidateLimitsTouchesNoBucket)
{
	ASSERT_NO_FATAL_FAILURE(install(kOpen));
	const auto before = buckets();
	ASSERT_NO_FATAL_FAILURE(shadow(limited(5)));
	ASSERT_TRUE(gate_->flood(query().bytes(), 100));
	EXPECT_EQ(95u, pair(SLUICE_ADMITTED, SLUICE_SOURCE_PACKETS).packets);
	const auto after = buckets();
	ASSERT_EQ(before.size(), after.size());
	EXPECT_EQ(0, std::memcmp(before.data(), after.data(), before.size() * sizeof(before[0])));
}

TEST_F(Shadowed, LevelsBeginAsTheyAre)
{
	ASSERT_NO_FATAL_FAILURE(install(limited(10)));
	ASSERT_EQ(10u, *gate_->flood(query().bytes(), 20));
	ASSERT_NO_FATAL_FAILURE(shadow(limited(10)));
	EXPECT_EQ("source-packets", judge(query()).reason);
	EXPECT_EQ(1u, pair(SLUICE_SOURCE_PACKETS, SLUICE_SOURCE_PACKETS).packets) << "nobody is refilled, not even in a shadow";
	judge(query("198.51.100.8"));
	EXPECT_EQ(1u, pair(SLUICE_ADMITTED, SLUICE_ADMITTED).packets);
}

TEST_F(Shadowed, WithoutItsCandidateTheRunningPolicyDecidesAllTheSame)
{
	ASSERT_NO_FATAL_FAILURE(install(kClosed));
	ASSERT_NO_FATAL_FAILURE(shadow(kOpen));
	kernel::Calls calls;
	const auto slot = kernel::Map::open_pin(calls, gate_->pins() + "/shadow/candidate", "candidate");
	ASSERT_TRUE(slot) << slot.error().sentence();
	const std::uint32_t zero = 0;
	ASSERT_TRUE(slot->erase(&zero));
	const Judgement judgement = judge(query());
	EXPECT_FALSE(judgement.passes);
	EXPECT_EQ("default-deny", judgement.reason);
	EXPECT_TRUE(counters().pairs.empty());
	EXPECT_EQ(1u, counters().missed.packets);
	EXPECT_EQ(query().bytes().size(), counters().missed.bytes);
}

TEST_F(Shadowed, ExplainSpeaksForTheRunningPolicyAndCountsNothing)
{
	ASSERT_NO_FATAL_FAILURE(install(kOpen));
	ASSERT_NO_FATAL_FAILURE(shadow(kClosed));
	const Bytes frame = query().bytes();
	const auto explanation = gate_->datapath().explain(std::as_bytes(Frame(frame)));
	ASSERT_TRUE(explanation) << explanation.error().sentence();
	EXPECT_EQ(SLUICE_ADMITTED, explanation->found.reason);
	EXPECT_TRUE(explanation->passes);
	EXPECT_TRUE(counters().pairs.empty());
}

TEST_F(Shadowed, ALaterDaemonAdoptsIt)
{
	ASSERT_NO_FATAL_FAILURE(install(kOpen));
	ASSERT_NO_FATAL_FAILURE(shadow(kClosed));
	judge(query());
	ASSERT_TRUE(gate_->reopen());
	EXPECT_TRUE(gate_->datapath().take_notes().empty());
	ASSERT_TRUE(gate_->datapath().candidate()->has_value());
	judge(query());
	EXPECT_EQ(2u, pair(SLUICE_ADMITTED, SLUICE_DEFAULT_DENY).packets);
	ASSERT_TRUE(gate_->datapath().end_shadow());
	judge(query());
	EXPECT_TRUE(counters().pairs.empty());
}

}  // namespace

}  // namespace sluice::test
