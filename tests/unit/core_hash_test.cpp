// core/hash.h: spread, tags, and that without the key nobody can say which set an address has.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "sluice/core/addr.h"
#include "sluice/core/hash.h"
#include "support/hash_key.h"

namespace sluice::test {

namespace {

sluice_addr ipv4(std::uint32_t address)
{
	return sluice_addr_from_ipv4(SLUICE_BE32(address));
}

}  // namespace

TEST(CoreHash, ATagIsNeverZeroAndFitsItsBits)
{
	std::mt19937_64 random(1);
	for (int i = 0; i < 100'000; i++) {
		const sluice_hash_key key = random_key(random);
		const sluice_addr addr = ipv4(static_cast<std::uint32_t>(random()));
		const sluice_hash hash = sluice_hash_addr(&key, &addr);
		ASSERT_NE(hash.tag, 0u);
		ASSERT_LT(hash.tag, 1u << SLUICE_TAG_BITS);
	}
	const sluice_hash_key zero{};
	const sluice_addr none{};
	EXPECT_EQ(sluice_hash_addr(&zero, &none).tag, 1u);
}

TEST(CoreHash, NeighboursSpreadOverTheSets)
{
	std::mt19937_64 random(2);
	constexpr std::uint32_t kSets = 1024, kAddresses = kSets * 16;
	for (int round = 0; round < 20; round++) {
		const sluice_hash_key key = random_key(random);
		std::vector<unsigned> load(kSets);
		for (std::uint32_t i = 0; i < kAddresses; i++) {
			const sluice_addr addr = ipv4(0xc6336400u + i);
			load[sluice_hash_addr(&key, &addr).set % kSets]++;
		}
		// 16 on average; a fair throw goes beyond 60 once in 10^15 tables.
		EXPECT_LT(*std::max_element(load.begin(), load.end()), 60u) << "round " << round;
	}
}

TEST(CoreHash, AddressesThatCollideUnderOneKeyDoNotUnderAnother)
{
	std::mt19937_64 random(3);
	const sluice_hash_key one = random_key(random);
	const sluice_hash_key other = random_key(random);
	constexpr std::uint32_t kSets = 1024;
	std::vector<std::uint32_t> together;
	for (std::uint32_t address = 0; together.size() < 64; address++) {
		const sluice_addr addr = ipv4(address);
		if (sluice_hash_addr(&one, &addr).set % kSets == 7)
			together.push_back(address);
	}
	std::set<std::uint32_t> sets;
	for (const std::uint32_t address : together) {
		const sluice_addr addr = ipv4(address);
		sets.insert(sluice_hash_addr(&other, &addr).set % kSets);
	}
	EXPECT_GT(sets.size(), 40u);
}

TEST(CoreHash, SetAndTagAreIndependent)
{
	std::mt19937_64 random(4);
	const sluice_hash_key key = random_key(random);
	std::set<std::uint32_t> tags;
	unsigned same_set = 0;
	for (std::uint32_t address = 0; same_set < 512; address++) {
		const sluice_addr addr = ipv4(address);
		const sluice_hash hash = sluice_hash_addr(&key, &addr);
		if (hash.set % 256 != 0)
			continue;
		same_set++;
		tags.insert(hash.tag);
	}
	EXPECT_GT(tags.size(), 500u);
}

TEST(CoreHash, EveryWordOfAnIpv6AddressCounts)
{
	std::mt19937_64 random(5);
	const sluice_hash_key key = random_key(random);
	const sluice_addr base{{1, 2, 3, 4}};
	const sluice_hash hash = sluice_hash_addr(&key, &base);
	for (int word = 0; word < 4; word++) {
		sluice_addr changed = base;
		changed.word[word] ^= SLUICE_BE32(1u);
		const sluice_hash other = sluice_hash_addr(&key, &changed);
		EXPECT_FALSE(other.set == hash.set && other.tag == hash.tag) << word;
	}
}

}  // namespace sluice::test
