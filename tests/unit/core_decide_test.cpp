// core/decide.h: the precedence, for every combination of facts there is.
#include <gtest/gtest.h>

#include "sluice/core/decide.h"

namespace sluice::test {

namespace {

constexpr std::uint16_t kListRule = 99, kListLimit = 4, kAllSources = 1, kEachSource = 2, kEachPrefix = 3, kEachIdentity = 5;

struct Case {
	bool neighbour, failsafe, denied, allowed, own_limit, banned, fragment, listed_only, served, default_deny, drop_fragments, by_role, identified, has_role;
};

Case case_of(unsigned bits)
{
	const auto bit = [bits](unsigned i) { return (bits >> i & 1) != 0; };
	return {bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6), bit(7), bit(8), bit(9), bit(10), bit(11), bit(12), bit(13)};
}

constexpr unsigned kCases = 1u << 14;

sluice_decision decide(const Case& c)
{
	sluice_packet packet{};
	packet.neighbour = c.neighbour;
	packet.fragment = c.fragment;
	sluice_facts facts{};
	facts.failsafe = c.failsafe ? 0b1010000 : 0;
	facts.source.listed = c.denied ? SLUICE_SOURCE_DENIED : c.allowed ? SLUICE_SOURCE_ALLOWED : SLUICE_SOURCE_UNLISTED;
	facts.source.rule = c.denied || c.allowed ? kListRule : 0;
	facts.source.limit = c.allowed && c.own_limit ? kListLimit : 0;
	facts.banned = c.banned;
	facts.slot = c.fragment ? SLUICE_SERVICE_FRAGMENTS : c.served ? SLUICE_SERVICE_FIRST : SLUICE_SERVICE_NONE;
	facts.service.admit = c.by_role ? SLUICE_ADMIT_ROLES : c.listed_only ? SLUICE_ADMIT_LISTED : SLUICE_ADMIT_ANYONE;
	facts.service.roles = 0b0110;
	facts.service.each_identity = kEachIdentity;
	facts.lease.state = c.identified ? SLUICE_LEASE_IN_FORCE : c.has_role ? SLUICE_LEASE_EXPIRED : SLUICE_LEASE_NONE;
	facts.lease.roles = c.has_role ? 0b0010 : 0b1000;
	facts.service.all_sources = kAllSources;
	facts.service.each_source = kEachSource;
	facts.service.each_prefix = kEachPrefix;
	return sluice_decide(&packet, &facts, c.default_deny, c.drop_fragments);
}

// product.md's line, one condition a step.
std::uint32_t expected_reason(const Case& c)
{
	const bool allowed = c.allowed && !c.denied;
	const std::pair<bool, std::uint32_t> steps[] = {
		{c.neighbour, SLUICE_NEIGHBOUR},
		{c.failsafe, SLUICE_FAILSAFE},
		{c.denied, SLUICE_LISTED_DENY},
		{c.banned && !allowed, SLUICE_BANNED},
		{c.fragment && c.drop_fragments, SLUICE_FRAGMENT},
		{!c.by_role && c.listed_only && !allowed, SLUICE_NOT_ADMITTED},
		{c.by_role && !allowed && !c.identified, SLUICE_UNIDENTIFIED},
		{c.by_role && !allowed && !c.has_role, SLUICE_ROLE_MISSING},
		{c.default_deny && !allowed && !c.by_role, SLUICE_DEFAULT_DENY},
		{c.fragment, SLUICE_FRAGMENT_ALLOW},
		{allowed, SLUICE_LISTED},
		{c.identified, SLUICE_IDENTIFIED},
		{c.served, SLUICE_ADMITTED},
		{true, SLUICE_DEFAULT_ALLOW},
	};
	for (const auto& [applies, reason] : steps) {
		if (applies)
			return reason;
	}
	return SLUICE_INTERNAL;
}

}  // namespace

TEST(CoreDecide, PrecedenceInEveryCase)
{
	for (unsigned bits = 0; bits < kCases; bits++)
		ASSERT_EQ(decide(case_of(bits)).reason, expected_reason(case_of(bits))) << "case " << bits;
}

TEST(CoreDecide, OnlyWhatPassesMeetsLimits)
{
	for (unsigned bits = 0; bits < kCases; bits++) {
		const Case c = case_of(bits);
		const sluice_decision decision = decide(c);
		if (!sluice_reason_passes(decision.reason) || decision.reason == SLUICE_NEIGHBOUR || decision.reason == SLUICE_FAILSAFE) {
			ASSERT_FALSE(sluice_has_limits(&decision)) << "case " << bits;
			continue;
		}
		const bool own = c.allowed && c.own_limit;
		if (c.identified && !own) {
			ASSERT_EQ(decision.limit[0], kEachIdentity) << "case " << bits;
			ASSERT_EQ(decision.limit[1] | decision.limit[2], 0) << "case " << bits;
			continue;
		}
		ASSERT_EQ(decision.limit[0], kAllSources) << "case " << bits;
		ASSERT_EQ(decision.limit[1], own ? kListLimit : kEachSource) << "case " << bits;
		ASSERT_EQ(decision.limit[2], own ? 0 : kEachPrefix) << "case " << bits;
	}
}

TEST(CoreDecide, ALeaseInForceIsProofOfThePath)
{
	sluice_facts facts{};
	facts.service.unproved = 7;
	facts.lease.state = SLUICE_LEASE_EXPIRED;
	EXPECT_EQ(sluice_allowed(SLUICE_ADMITTED, &facts).unproved, 7);
	facts.lease.state = SLUICE_LEASE_IN_FORCE;
	EXPECT_EQ(sluice_allowed(SLUICE_IDENTIFIED, &facts).unproved, 0);
}

TEST(CoreDecide, TheRuleIsTheFirstFailsafeEntryThatMatches)
{
	for (std::uint32_t first = 0; first < SLUICE_MAX_FAILSAFE; first++) {
		EXPECT_EQ(sluice_failsafe_rule(1ull << first), SLUICE_RULE_FIRST_FAILSAFE + first);
		EXPECT_EQ(sluice_failsafe_rule(~0ull << first), SLUICE_RULE_FIRST_FAILSAFE + first);
	}
}

TEST(CoreDecide, TheRuleIsTheListWhereAListDecides)
{
	Case c{};
	c.denied = true;
	EXPECT_EQ(decide(c).rule, kListRule);
	c = {};
	c.allowed = true;
	EXPECT_EQ(decide(c).rule, kListRule);
	c = {};
	c.banned = true;
	EXPECT_EQ(decide(c).rule, 0);
}

}  // namespace sluice::test
