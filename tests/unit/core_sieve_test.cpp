// core/sieve.h: what is marked is found; of the rest, hardly any.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "sluice/core/addr.h"
#include "sluice/core/sieve.h"
#include "support/hash_key.h"

namespace sluice::test {
namespace {

class CoreSieve : public testing::Test {
protected:
	void mark(std::uint32_t address)
	{
		const sluice_sieve_mark mark = mark_of(address);
		words_.at(mark.word) |= 1ull << mark.bit;
	}
	bool holds(std::uint32_t address) const
	{
		const sluice_sieve_mark mark = mark_of(address);
		return words_.at(mark.word) >> mark.bit & 1;
	}
	sluice_sieve_mark mark_of(std::uint32_t address) const
	{
		const sluice_addr prefix = sluice_addr_from_ipv4(SLUICE_BE32(address));
		const sluice_halves halves = sluice_addr_halves(&prefix);
		return sluice_sieve_mark_of(&key_, &halves);
	}

	std::mt19937_64 random_{7};
	sluice_hash_key key_ = random_key(random_);
	std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(SLUICE_SIEVE_WORDS);
};

TEST(CoreHalves, AreTheAddressOnceMore)
{
	const sluice_addr address = {{SLUICE_BE32(0x20010db8u), SLUICE_BE32(0x12345678u), SLUICE_BE32(0x9abcdef0u), SLUICE_BE32(0x01020304u)}};
	const sluice_halves halves = sluice_addr_halves(&address);
	const sluice_addr again = sluice_halves_addr(&halves);
	EXPECT_EQ(std::memcmp(&again, &address, sizeof(address)), 0);
	for (const unsigned length : {0u, 1u, 31u, 32u, 64u, 77u, 96u, 128u}) {
		const sluice_addr mask = sluice_addr_mask(length), masked = sluice_addr_masked(&address, &mask);
		const sluice_halves mask_halves = sluice_addr_halves(&mask), prefix = sluice_halves_masked(&halves, &mask_halves);
		const sluice_addr by_halves = sluice_halves_addr(&prefix);
		EXPECT_EQ(std::memcmp(&by_halves, &masked, sizeof(masked)), 0) << length;
	}
}

TEST_F(CoreSieve, HoldsWhatIsMarkedAndHardlyMore)
{
	constexpr std::uint32_t kBans = 65536, kOthers = 1'000'000;
	for (std::uint32_t i = 0; i < kBans; i++)
		mark(i * 3);
	for (std::uint32_t i = 0; i < kBans; i++)
		ASSERT_TRUE(holds(i * 3)) << i;
	std::uint32_t held = 0;
	for (std::uint32_t i = 0; i < kOthers; i++)
		held += holds(0x80000000u + i);
	EXPECT_LT(held, kOthers / 4) << "of neighbours, which this hash spreads less evenly than strangers";
	EXPECT_GT(held, kOthers / 20) << "a full sieve lets some through: were it none, nothing was asked";
}

TEST_F(CoreSieve, OneBanHoldsNobodyElse)
{
	mark(0xc0000201);
	std::uint32_t held = 0;
	for (std::uint32_t i = 0; i < 100'000; i++)
		held += holds(i);
	EXPECT_LE(held, 5u);
}

TEST_F(CoreSieve, AnotherKeyMarksElsewhere)
{
	const sluice_sieve_mark before = mark_of(1);
	int moved = 0;
	for (int i = 0; i < 64; i++) {
		key_ = random_key(random_);
		const sluice_sieve_mark after = mark_of(1);
		moved += after.word != before.word || after.bit != before.bit;
		EXPECT_LT(after.word, SLUICE_SIEVE_WORDS);
		EXPECT_LT(after.bit, 64u);
	}
	EXPECT_GT(moved, 60);
}

}  // namespace
}  // namespace sluice::test
