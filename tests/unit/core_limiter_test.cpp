// core/limiter.h: the bound, in any window, against whatever order of arrivals; on one processor and on several.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "sluice/core/limiter.h"
#include "support/charge.h"

namespace sluice::test {

namespace {

constexpr std::uint64_t kTick = 1ull << SLUICE_TICK_SHIFT;
constexpr std::uint64_t kSecond = 1'000'000'000;

// `per_second` charges, `burst` of them at once. As policy/meter.h makes them: about 2^22 units a second, so that a unit
// lasts less than a tick and what a reading rounds is within the bound.
sluice_meter meter_of(std::uint64_t per_second, std::uint64_t burst)
{
	const std::uint64_t cost = std::max<std::uint64_t>(1, (1u << 22) / per_second);
	sluice_meter meter{};
	meter.cost = cost;
	meter.burst = burst * cost;
	meter.horizon = meter.burst;
	meter.speed = static_cast<std::uint64_t>(static_cast<unsigned __int128>(per_second) * cost *
						 (1ull << (SLUICE_TICK_SHIFT + SLUICE_SPEED_SHIFT)) / kSecond);
	return meter;
}

bool charge(const sluice_meter& meter, sluice_bucket_set& set, std::uint32_t tag, std::uint64_t now, std::uint64_t amount)
{
	const std::uint64_t reading = sluice_meter_reading(&meter, now);
	const sluice_charge offer = sluice_limiter_offer(&meter, &set, tag, reading, amount);
	EXPECT_FALSE(offer.stale);
	if (!offer.admitted)
		return false;
	set.way[offer.way] = offer.next;
	return true;
}

std::uint64_t level(const sluice_meter& meter, const sluice_bucket_set& set, std::uint32_t tag, std::uint64_t now)
{
	for (const std::uint64_t way : set.way) {
		if (way >> SLUICE_READING_BITS == tag)
			return sluice_bucket_level(&meter, way, sluice_meter_reading(&meter, now));
	}
	return 0;
}

// In every window between two admitted charges: admitted <= burst + rate * (window + tick).
void expect_bound(const std::vector<std::uint64_t>& admitted, std::uint64_t per_second, std::uint64_t burst)
{
	for (std::size_t i = 0; i < admitted.size(); i++) {
		for (std::size_t j = i; j < admitted.size(); j++) {
			const double window = static_cast<double>(admitted[j] - admitted[i] + kTick) / kSecond;
			ASSERT_LE(static_cast<double>(j - i + 1), static_cast<double>(burst) + static_cast<double>(per_second) * window)
				<< "charges " << i << " to " << j;
		}
	}
}

// Arrivals that try to cheat: bursts, edges of ticks, long pauses, exactly the rate.
std::uint64_t adversarial_pause(std::mt19937_64& random, std::uint64_t per_second)
{
	switch (random() % 6) {
	case 0:
		return 0;
	case 1:
		return random() % 3;
	case 2:
		return kTick - 1 + random() % 3;
	case 3:
		return kSecond / per_second;
	case 4:
		return random() % (2 * kSecond / per_second + 1);
	default:
		return random() % 50 == 0 ? random() % (3 * kSecond) : 0;
	}
}

}  // namespace

TEST(CoreLimiter, BurstAndNotOneMore)
{
	const sluice_meter meter = meter_of(1, 5);
	sluice_bucket_set set{};
	for (int i = 0; i < 5; i++)
		EXPECT_TRUE(charge(meter, set, 1, kSecond, meter.cost));
	EXPECT_FALSE(charge(meter, set, 1, kSecond, meter.cost));
	EXPECT_FALSE(charge(meter, set, 1, 2 * kSecond - 2 * kTick, meter.cost));
	EXPECT_TRUE(charge(meter, set, 1, 2 * kSecond + 2 * kTick, meter.cost));
	EXPECT_FALSE(charge(meter, set, 1, 2 * kSecond + 2 * kTick, meter.cost));
}

TEST(CoreLimiter, ARefusedChargeWritesNothing)
{
	const sluice_meter meter = meter_of(1, 2);
	sluice_bucket_set set{};
	charge(meter, set, 1, kSecond, meter.cost);
	charge(meter, set, 1, kSecond, meter.cost);
	const sluice_bucket_set before = set;
	for (int i = 0; i < 1000; i++)
		EXPECT_FALSE(charge(meter, set, 1, kSecond, meter.cost));
	EXPECT_TRUE(std::equal(std::begin(before.way), std::end(before.way), std::begin(set.way)));
}

TEST(CoreLimiter, MoreThanTheBurstIsNeverAdmitted)
{
	const sluice_meter meter = meter_of(1'000'000, 10);
	sluice_bucket_set set{};
	EXPECT_FALSE(charge(meter, set, 1, kSecond, meter.burst + 1));
	EXPECT_TRUE(charge(meter, set, 1, kSecond, meter.burst));
}

TEST(CoreLimiter, BoundInEveryWindowOverAdversarialArrivals)
{
	std::mt19937_64 random(20250601);
	for (int round = 0; round < 200 && !testing::Test::HasFatalFailure(); round++) {
		const std::uint64_t per_second = 1 + random() % (round % 2 ? 100'000 : 20);
		const std::uint64_t burst = 1 + random() % 50;
		const sluice_meter meter = meter_of(per_second, burst);
		sluice_bucket_set set{};
		std::vector<std::uint64_t> admitted;
		std::uint64_t now = random() % (1000 * kSecond);
		for (int i = 0; i < 1000; i++) {
			now += adversarial_pause(random, per_second);
			if (charge(meter, set, 7, now, meter.cost))
				admitted.push_back(now);
		}
		expect_bound(admitted, per_second, burst);
	}
}

TEST(CoreLimiter, TheConfiguredRateIsReached)
{
	for (const std::uint64_t per_second : {10ull, 1000ull, 50'000ull}) {
		const sluice_meter meter = meter_of(per_second, 20);
		sluice_bucket_set set{};
		std::uint64_t admitted = 0;
		const std::uint64_t pause = kSecond / (per_second * 4);
		for (std::uint64_t now = kSecond; now < 5 * kSecond; now += pause)
			admitted += charge(meter, set, 1, now, meter.cost);
		EXPECT_GE(admitted, per_second * 4 * 98 / 100);
		EXPECT_LE(admitted, 20 + per_second * 4 + per_second * kTick / kSecond + 1);
	}
}

// Twenty keys in a set of eight ways: everybody is held at least as strictly as alone.
TEST(CoreLimiter, AFullSetAdmitsNobodyBeyondTheBound)
{
	std::mt19937_64 random(3);
	for (int round = 0; round < 50 && !testing::Test::HasFatalFailure(); round++) {
		const std::uint64_t per_second = 1 + random() % 50;
		const std::uint64_t burst = 1 + random() % 10;
		const sluice_meter meter = meter_of(per_second, burst);
		sluice_bucket_set set{};
		std::map<std::uint32_t, std::vector<std::uint64_t>> admitted;
		std::uint64_t now = kSecond;
		for (int i = 0; i < 5000; i++) {
			now += adversarial_pause(random, per_second * 20);
			const auto tag = static_cast<std::uint32_t>(1 + random() % 20);
			if (charge(meter, set, tag, now, meter.cost))
				admitted[tag].push_back(now);
		}
		for (const auto& [tag, times] : admitted)
			expect_bound(times, per_second, burst);
	}
}

TEST(CoreLimiter, ANewcomerInAFullSetTakesOverTheLowestLevel)
{
	const sluice_meter meter = meter_of(1, 10);
	sluice_bucket_set set{};
	for (std::uint32_t tag = 1; tag <= SLUICE_WAYS; tag++) {
		for (std::uint32_t i = 0; i < tag + 1; i++)
			ASSERT_TRUE(charge(meter, set, tag, kSecond, meter.cost));
	}
	const std::uint64_t lowest = level(meter, set, 1, kSecond);
	ASSERT_TRUE(charge(meter, set, 100, kSecond, meter.cost));
	EXPECT_EQ(level(meter, set, 100, kSecond), lowest + meter.cost);
	EXPECT_EQ(level(meter, set, 1, kSecond), 0u) << "displaced";
	// The displaced one returns to no less than it had.
	ASSERT_TRUE(charge(meter, set, 1, kSecond, meter.cost));
	EXPECT_GE(level(meter, set, 1, kSecond), lowest + meter.cost);
}

TEST(CoreLimiter, AnEmptyWayIsTakenBeforeAFullOne)
{
	const sluice_meter meter = meter_of(1, 10);
	sluice_bucket_set set{};
	for (std::uint32_t tag = 1; tag < SLUICE_WAYS; tag++)
		charge(meter, set, tag, kSecond, 10 * meter.cost);
	ASSERT_TRUE(charge(meter, set, 50, kSecond, meter.cost));
	EXPECT_EQ(level(meter, set, 50, kSecond), meter.cost);
	for (std::uint32_t tag = 1; tag < SLUICE_WAYS; tag++)
		EXPECT_EQ(level(meter, set, tag, kSecond), 10 * meter.cost) << tag;
}

TEST(CoreLimiter, ProcessorsTogetherStayInTheBound)
{
	const std::uint64_t burst = 5000;
	const sluice_meter meter = meter_of(1, burst);
	alignas(64) sluice_bucket_set set{};
	std::atomic<std::uint64_t> admitted = 0;
	std::vector<std::thread> threads;
	for (int i = 0; i < 4; i++) {
		threads.emplace_back([&] {
			for (int j = 0; j < 20'000; j++)
				admitted += charge_racing(meter, set, 3, kSecond);
		});
	}
	for (auto& thread : threads)
		thread.join();
	EXPECT_EQ(admitted, burst);
}

// Two processors that see a new key at the same moment give it one bucket between them.
TEST(CoreLimiter, NoKeyGetsTwoBuckets)
{
	const sluice_meter meter = meter_of(1, 1);
	constexpr std::size_t kSets = 50'000;
	std::vector<sluice_bucket_set> sets(kSets);
	std::vector<std::atomic<unsigned>> admitted(kSets);
	std::atomic<std::size_t> position[2] = {};
	std::vector<std::thread> threads;
	for (int self = 0; self < 2; self++) {
		threads.emplace_back([&, self] {
			for (std::size_t i = 0; i < kSets; i++) {
				position[self] = i;
				// Side by side, unless the other one was put to sleep.
				for (int spins = 0; spins < 100'000 && position[1 - self] < i; spins++)
					;
				admitted[i] += charge_racing(meter, sets[i], 5, kSecond);
			}
			position[self] = kSets;
		});
	}
	for (auto& thread : threads)
		thread.join();
	for (std::size_t i = 0; i < kSets; i++)
		ASSERT_EQ(admitted[i], 1u) << "set " << i;
}

TEST(CoreLimiter, AChangeOfSpeedRefillsNobody)
{
	const sluice_meter before = meter_of(10, 100);
	sluice_bucket_set set{};
	for (int i = 0; i < 80; i++)
		ASSERT_TRUE(charge(before, set, 1, kSecond, before.cost));
	const std::uint64_t now = kSecond + 12345678;
	const std::uint64_t held = level(before, set, 1, now);
	sluice_meter after = before;
	after.speed *= 10'000;
	after.epoch_mono_ns = now;
	after.base = sluice_meter_reading(&before, now);
	EXPECT_EQ(level(after, set, 1, now), held);
	sluice_meter slower = before;
	slower.speed /= 10;
	slower.epoch_mono_ns = now;
	slower.base = sluice_meter_reading(&before, now);
	EXPECT_EQ(level(slower, set, 1, now), held);
}

TEST(CoreLimiter, ASmallerBurstHoldsWhoIsAboveItAlready)
{
	const sluice_meter before = meter_of(1, 100);
	sluice_bucket_set set{};
	for (int i = 0; i < 80; i++)
		charge(before, set, 1, kSecond, before.cost);
	sluice_meter after = meter_of(1, 10);
	after.horizon = before.horizon;
	EXPECT_FALSE(charge(after, set, 1, kSecond, after.cost));
	EXPECT_EQ(level(after, set, 1, kSecond), 80 * after.cost);
}

TEST(CoreLimiter, ReadingsWrapWithoutRefilling)
{
	sluice_meter meter = meter_of(1000, 50);
	meter.base = SLUICE_READING_MASK - 10 * meter.cost;
	sluice_bucket_set set{};
	set.way[0] = 1ull << SLUICE_READING_BITS | meter.base;  // empty at this very moment
	std::vector<std::uint64_t> admitted;
	for (std::uint64_t now = 0; now < kSecond; now += 100'000) {
		if (charge(meter, set, 1, now, meter.cost))
			admitted.push_back(now);
	}
	expect_bound(admitted, 1000, 50);
	EXPECT_GT(admitted.size(), 1000u);
}

}  // namespace sluice::test
