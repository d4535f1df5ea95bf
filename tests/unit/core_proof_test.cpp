// core/proof.h and core/prove.h: the table of proved sources, and what a path means.
#include <gtest/gtest.h>

#include <set>

#include "net/address.h"
#include "sluice/core/proof.h"
#include "sluice/core/prove.h"

namespace sluice::test {

namespace {

constexpr std::uint32_t kNow = 10'000;
constexpr std::uint32_t kTag = 0xabcdef01;

void prove(sluice_proof_set& set, std::uint32_t tag, std::uint32_t now_s)
{
	const sluice_renewal renewal = sluice_proof_renewed(&set, tag, now_s);
	set.way[renewal.way] = renewal.next;
}

sluice_addr address(const char* text)
{
	return net::Address::parse(text)->to_abi();
}

sluice_hash hash_of(const char* text)
{
	sluice_hash_key key{};
	for (std::uint64_t i = 0; i < 8; i++)
		key.multiplier[i / 4][i % 4] = 0x9e3779b97f4a7c15ull * (i + 3);
	const sluice_addr source = address(text);
	return sluice_proof_hash(&key, &source, net::Address::parse(text)->family());
}

sluice_decision limited()
{
	sluice_decision decision = sluice_decided(SLUICE_ADMITTED, 0);
	decision.limit[0] = 1;
	decision.limit[1] = 2;
	decision.limit[2] = 3;
	decision.unproved = 4;
	return decision;
}

}  // namespace

TEST(CoreProof, StandsUntilItsSecond)
{
	sluice_proof_set set{};
	EXPECT_FALSE(sluice_proof_stands(&set, kTag, kNow));
	prove(set, kTag, kNow);
	EXPECT_TRUE(sluice_proof_stands(&set, kTag, kNow));
	EXPECT_TRUE(sluice_proof_stands(&set, kTag, kNow + SLUICE_PROOF_SECONDS - 1));
	EXPECT_FALSE(sluice_proof_stands(&set, kTag, kNow + SLUICE_PROOF_SECONDS));
	EXPECT_FALSE(sluice_proof_stands(&set, kTag + 1, kNow));
	EXPECT_FALSE(sluice_proof_stands(&set, 0, 0)) << "a free way is nobody's";
}

TEST(CoreProof, IsRenewedOnlyOnceItIsNoLongerFresh)
{
	sluice_proof_set set{};
	prove(set, kTag, kNow);
	const auto writes = [&](std::uint32_t now_s) {
		const sluice_renewal renewal = sluice_proof_renewed(&set, kTag, now_s);
		return renewal.next != renewal.seen;
	};
	const std::uint32_t stale = kNow + SLUICE_PROOF_SECONDS - SLUICE_PROOF_FRESH_SECONDS;
	EXPECT_FALSE(writes(kNow));
	EXPECT_FALSE(writes(stale - 1));
	EXPECT_TRUE(writes(stale));
	prove(set, kTag, stale);
	EXPECT_TRUE(sluice_proof_stands(&set, kTag, stale + SLUICE_PROOF_SECONDS - 1));
	std::set<std::uint64_t> ways(std::begin(set.way), std::end(set.way));
	EXPECT_EQ(ways.size(), 2u) << "in its own way, seven are free";
}

TEST(CoreProof, WhatExpiresFirstMakesRoom)
{
	sluice_proof_set set{};
	for (std::uint32_t i = 0; i < SLUICE_PROOF_WAYS; i++)
		prove(set, 100 + i, kNow + (i == 5 ? 0 : 10 + i));
	for (std::uint32_t i = 0; i < SLUICE_PROOF_WAYS; i++)
		EXPECT_TRUE(sluice_proof_stands(&set, 100 + i, kNow + 20)) << "a full set";
	prove(set, 200, kNow + 20);
	EXPECT_TRUE(sluice_proof_stands(&set, 200, kNow + 20));
	for (std::uint32_t i = 0; i < SLUICE_PROOF_WAYS; i++)
		EXPECT_EQ(sluice_proof_stands(&set, 100 + i, kNow + 20), i != 5);
}

TEST(CoreProof, ASourceIsAnIpv4AddressOrAnIpv6Network)
{
	EXPECT_EQ(hash_of("2001:db8::1").tag, hash_of("2001:db8::ffff:2").tag);
	EXPECT_EQ(hash_of("2001:db8::1").set, hash_of("2001:db8::ffff:2").set);
	EXPECT_NE(hash_of("2001:db8::1").tag, hash_of("2001:db8:0:1::1").tag);
	EXPECT_NE(hash_of("192.0.2.1").tag, hash_of("192.0.2.2").tag);
}

TEST(CoreProve, OfTcp)
{
	const auto proved = [](std::uint32_t path) { return sluice_proved(limited(), SLUICE_PROTO_TCP, path); };
	const sluice_decision nobody = proved(SLUICE_PATH_NOBODY);
	EXPECT_EQ(nobody.reason, SLUICE_NO_CONNECTION);
	EXPECT_FALSE(sluice_has_limits(&nobody)) << "it costs nobody anything";

	const sluice_decision unproved = proved(SLUICE_PATH_UNPROVED);
	EXPECT_EQ(unproved.reason, SLUICE_ADMITTED);
	EXPECT_EQ(unproved.unproved, 4);
	EXPECT_EQ(unproved.limit[0], 1) << "all sources share";
	EXPECT_EQ(unproved.limit[1] | unproved.limit[2], 0) << "who is only claimed is not charged";

	for (const std::uint32_t path : {SLUICE_PATH_PROVED, SLUICE_PATH_HANDSHAKE, SLUICE_PATH_COOKIE, SLUICE_PATH_CONNECTION, SLUICE_PATH_ELSEWHERE}) {
		const sluice_decision decision = proved(path);
		EXPECT_EQ(decision.unproved, 0) << path;
		EXPECT_EQ(decision.limit[0], 1) << path;
		EXPECT_EQ(decision.limit[1], 2) << path;
		EXPECT_EQ(decision.limit[2], 3) << path;
		EXPECT_EQ(decision.claimed, path != SLUICE_PATH_CONNECTION && path != SLUICE_PATH_ELSEWHERE) << path;
	}
}

TEST(CoreProve, OfUdp)
{
	const auto proved = [](std::uint32_t path) { return sluice_proved(limited(), SLUICE_PROTO_UDP, path); };
	EXPECT_EQ(proved(SLUICE_PATH_NOBODY).reason, SLUICE_NO_LISTENER);
	EXPECT_EQ(proved(SLUICE_PATH_UNPROVED).unproved, 4);
	EXPECT_EQ(proved(SLUICE_PATH_UNPROVED).limit[1], 2) << "no handshake will ever charge it";
	EXPECT_EQ(proved(SLUICE_PATH_PROVED).unproved, 0);
	EXPECT_FALSE(proved(SLUICE_PATH_PROVED).claimed);
}

TEST(CoreProve, AClaimIsAKeyOfItsOwnButForWhatAllShare)
{
	const sluice_addr source = address("198.51.100.7"), claimed = sluice_addr_claimed(source, true);
	const sluice_addr nothing{}, whole = sluice_addr_mask(128), network = sluice_addr_mask(SLUICE_IPV4_PREFIX_BITS + 24);
	const auto same = [](const sluice_addr& a, const sluice_addr& b, const sluice_addr& mask) {
		const sluice_addr x = sluice_addr_masked(&a, &mask), y = sluice_addr_masked(&b, &mask);
		return std::equal(std::begin(x.word), std::end(x.word), std::begin(y.word));
	};
	EXPECT_FALSE(same(source, claimed, whole));
	EXPECT_FALSE(same(source, claimed, network));
	EXPECT_TRUE(same(source, claimed, nothing));
}

TEST(CoreProve, TheBudgetHasAReasonOfItsOwn)
{
	EXPECT_EQ(sluice_refusal(SLUICE_SCOPE_UNPROVED, SLUICE_CONNECTIONS), SLUICE_UNPROVED);
	EXPECT_EQ(sluice_refusal(SLUICE_SCOPE_UNPROVED, SLUICE_PACKETS), SLUICE_UNPROVED);
	EXPECT_EQ(sluice_refusal(SLUICE_SCOPE_LIST, SLUICE_CONNECTIONS), SLUICE_LIST_CONNECTIONS);
	EXPECT_EQ(sluice_refusal(SLUICE_SCOPE_SERVICE, SLUICE_PACKETS), SLUICE_SERVICE_PACKETS);
}

}  // namespace sluice::test
