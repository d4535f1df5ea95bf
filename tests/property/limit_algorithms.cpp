// Leaky buckets and fixed windows, each against a reference of its own, over arrivals that try to cheat; and what becomes
// of levels when a policy changes the algorithm.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "policy/meter.h"
#include "sluice/core/limiter.h"
#include "support/charge.h"
#include "support/random.h"

namespace sluice::policy {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kSeed = 20261124;
constexpr std::uint64_t kTick = 1ull << SLUICE_TICK_SHIFT;
constexpr std::uint64_t kSecond = 1'000'000'000;

sluice_meter running(const Meter& meter, sluice_algorithm algorithm, std::uint64_t reading, std::uint64_t now)
{
	return begun(*express(meter, SLUICE_PACKETS, algorithm), reading, now);
}

// To the nanosecond before, at and after an edge; nothing; anything.
std::uint64_t adversarial_pause(test::Random& random, std::uint64_t now, std::uint64_t window)
{
	switch (random.below(5)) {
	case 0:
		return 0;
	case 1:
		return window - now % window - 1 + random.below(3);
	case 2:
		return random.below(3);
	case 3:
		return random.below(2 * window);
	default:
		return window * random.below(4);
	}
}

// ---- fixed window ----

// The reference: a count by window.
class Windows {
public:
	Windows(std::uint64_t most, std::uint64_t length) : most_(most), length_(length) {}
	bool offer(std::uint64_t now)
	{
		std::uint64_t& count = counts_[now / length_];
		return count < most_ && ++count > 0;
	}

private:
	std::uint64_t most_;
	std::uint64_t length_;
	std::map<std::uint64_t, std::uint64_t> counts_;
};

TEST(FixedWindow, AdmitsExactlyWhatTheReferenceDoes)
{
	test::Random random(kSeed);
	for (int round = 0; round < 400; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const std::uint64_t seconds = std::array{1, 60, 3600}[random.below(3)];
		const Meter meter{{1 + random.below(20), seconds}, 0};
		const Meter whole{meter.rate, meter.rate.count};
		std::uint64_t now = random.below(1ull << 50);
		const sluice_meter made = running(whole, SLUICE_FIXED_WINDOW, random.below(1ull << (SLUICE_READING_BITS - 1)), now);
		Windows reference(whole.burst, seconds * kSecond);
		sluice_bucket_set set{};
		for (int i = 0; i < 500; i++) {
			now += random.below(3) == 0 ? adversarial_pause(random, now, seconds * kSecond) : 0;
			ASSERT_EQ(test::charge_racing(made, set, 7, now), reference.offer(now)) << "arrival " << i << " at " << now << " of " << whole.rate.to_string();
		}
	}
}

// Processors whose clocks are behind each other: each window has its count, as whoever charged believed it to be.
TEST(FixedWindow, LateProcessorsStayInTheBoundOfTheirWindow)
{
	test::Random random(kSeed);
	for (int round = 0; round < 200; round++) {
		const Meter meter{{1 + random.below(10), 1}, 0};
		const Meter whole{meter.rate, meter.rate.count};
		std::uint64_t now = 100 * kSecond + random.below(kSecond);
		const sluice_meter made = running(whole, SLUICE_FIXED_WINDOW, 0, now - 10 * kSecond);
		std::map<std::uint64_t, std::uint64_t> admitted;
		sluice_bucket_set set{};
		for (int i = 0; i < 2000; i++) {
			now += random.below(4) == 0 ? adversarial_pause(random, now, kSecond) : 0;
			const std::uint64_t believed = now - random.below(2) * random.below(3 * kSecond);
			if (test::charge_racing(made, set, 7, believed)) {
				ASSERT_LE(++admitted[believed / kSecond], whole.burst) << "seed " << kSeed << " round " << round;
			}
		}
	}
}

// Threads whose clocks are behind each other by a part of a second, and never by more: each waits at every step.
TEST(FixedWindow, ProcessorsTogetherStayInTheBound)
{
	constexpr std::uint64_t kMost = 50, kWindows = 60, kStep = 20'000'000;
	constexpr unsigned kThreads = 4;
	const sluice_meter made = running({{kMost, 1}, kMost}, SLUICE_FIXED_WINDOW, 0, 0);
	alignas(64) sluice_bucket_set set{};
	std::array<std::atomic<std::uint64_t>, kWindows> admitted{};
	std::atomic<std::uint64_t> arrived = 0;
	std::vector<std::thread> threads;
	for (unsigned self = 0; self < kThreads; self++) {
		threads.emplace_back([&, self] {
			for (std::uint64_t step = 0; step * kStep < (kWindows - 1) * kSecond; step++) {
				arrived++;
				while (arrived < (step + 1) * kThreads)
					std::this_thread::yield();
				const std::uint64_t believed = kSecond + step * kStep - self * 300'000'000;
				for (int i = 0; i < 5; i++)
					admitted[believed / kSecond] += test::charge_racing(made, set, 3, believed);
			}
		});
	}
	for (auto& thread : threads)
		thread.join();
	std::uint64_t all = 0;
	for (const auto& window : admitted) {
		EXPECT_LE(window, kMost);
		all += window;
	}
	EXPECT_GT(all, kMost * (kWindows - 1) * 9 / 10) << "and not by refusing";
}

// ---- leaky bucket ----

// The reference: the continuous-state leaky bucket of ITU-T I.371, in exact arithmetic. Its level is in charges times the period.
class LeakyBucket {
public:
	explicit LeakyBucket(const Meter& meter) : meter_(meter) {}

	// What it says of a packet now; nothing where two ticks would turn it into the other.
	std::optional<bool> admits(std::uint64_t now) const
	{
		const Wide slack = Wide{meter_.rate.count} * 2 * kTick, full = meter_.burst * period(), wanted = level_at(now) + period();
		if (wanted <= full + slack && wanted + slack > full)
			return std::nullopt;
		return wanted <= full;
	}
	void charge(std::uint64_t now)
	{
		level_ = level_at(now) + period();
		last_ = now;
	}

private:
	Wide period() const { return Wide{meter_.rate.period_seconds} * kSecond; }
	Wide level_at(std::uint64_t now) const
	{
		const Wide drained = Wide{now - last_} * meter_.rate.count;
		return level_ > drained ? level_ - drained : 0;
	}

	Meter meter_;
	Wide level_ = 0;
	std::uint64_t last_ = 0;
};

TEST(LeakyBucketMeter, AdmitsWhatTheReferenceDoes)
{
	test::Random random(kSeed);
	unsigned compared = 0;
	for (int round = 0; round < 200; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const Meter meter{{1 + random.below(200), std::array<std::uint64_t, 2>{1, 60}[random.below(2)]}, 1 + random.below(4)};
		const std::uint64_t step = meter.rate.period_seconds * kSecond / meter.rate.count;
		std::uint64_t now = kSecond + random.below(kSecond);
		const sluice_meter made = running(meter, SLUICE_LEAKY_BUCKET, random.below(1ull << 40), now);
		LeakyBucket reference(meter);
		sluice_bucket_set set{};
		for (int i = 0; i < 300; i++) {
			const bool said = test::charge_racing(made, set, 7, now);
			if (const auto expected = reference.admits(now)) {
				ASSERT_EQ(said, *expected) << "arrival " << i << " of " << meter.rate.to_string() << " burst " << meter.burst;
				compared++;
			}
			if (said)
				reference.charge(now);
			now += random.below(2) == 0 ? 0 : (random.below(3) == 0 ? random.below(8 * step) : random.below(2 * step));
		}
	}
	EXPECT_GT(compared, 50'000u);
}

// What sets it apart: without a burst, two packets are never closer than the rate says.
TEST(LeakyBucketMeter, PacesEvenly)
{
	test::Random random(kSeed);
	for (int round = 0; round < 200; round++) {
		const Meter meter{{1 + random.below(2000), 1}, 1};
		std::uint64_t now = random.below(1ull << 50), last = 0;
		const sluice_meter made = running(meter, SLUICE_LEAKY_BUCKET, random.below(1ull << 40), now);
		sluice_bucket_set set{};
		int admitted = 0;
		for (int i = 0; i < 2000; i++) {
			now += random.below(2 * kSecond / meter.rate.count / 5 + 1);
			if (!test::charge_racing(made, set, 7, now))
				continue;
			if (admitted++ > 0) {
				ASSERT_GE(now - last + kTick, kSecond / meter.rate.count) << meter.rate.to_string();
			}
			last = now;
		}
		EXPECT_GT(admitted, 100);
	}
}

// ---- a change of algorithm ----

constexpr std::array kBuckets = {SLUICE_TOKEN_BUCKET, SLUICE_LEAKY_BUCKET, SLUICE_FIXED_WINDOW};

// Whoever is refused is refused still, whatever three policies made of it one after the other: the burst never grows here.
TEST(ChangeOfAlgorithm, RefillsNobody)
{
	test::Random random(kSeed);
	unsigned changes = 0;
	for (int round = 0; round < 2000; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const std::uint64_t seconds = std::array{1, 60, 3600}[random.below(3)];
		Meter meter{{1 + random.below(2000), seconds}, 0};
		meter.burst = meter.rate.count;
		std::uint64_t now = random.below(1ull << 45);
		sluice_meter made = running(meter, kBuckets[random.below(3)], random.below(1ull << 40), now);
		sluice_bucket_set set{};
		while (test::charge_racing(made, set, 7, now))
			;
		for (int change = 0; change < 8; change++) {
			meter.rate.count = 1 + random.below(meter.rate.count);
			meter.burst = meter.rate.count;
			const auto next = express(meter, SLUICE_PACKETS, kBuckets[random.below(3)], made.cost);
			if (!next || !can_continue(*next, made))
				continue;
			const bool refused = !test::charge_racing(made, set, 7, now);
			made = continued(*next, made, now);
			changes++;
			if (refused) {
				ASSERT_FALSE(test::charge_racing(made, set, 7, now)) << "change " << change;
			}
			now += random.below(2) * random.below(seconds * kSecond);
			while (test::charge_racing(made, set, 7, now))
				;
		}
	}
	EXPECT_GT(changes, 8000u);
}

TEST(ChangeOfAlgorithm, AWindowForgetsAtItsEdgeWhatABucketLeft)
{
	const Meter before{{1000, 60}, 1000}, after{{10, 60}, 10};
	const std::uint64_t now = 90 * kSecond, edge = 120 * kSecond;
	const sluice_meter bucket = running(before, SLUICE_TOKEN_BUCKET, 0, now - kSecond);
	sluice_bucket_set set{};
	for (int i = 0; i < 800; i++)
		ASSERT_TRUE(test::charge_racing(bucket, set, 7, now));
	const sluice_meter window = continued(*express(after, SLUICE_PACKETS, SLUICE_FIXED_WINDOW, bucket.cost), bucket, now);
	EXPECT_FALSE(test::charge_racing(window, set, 7, now));
	EXPECT_FALSE(test::charge_racing(window, set, 7, edge - 1)) << "near miss";
	for (int i = 0; i < 10; i++)
		EXPECT_TRUE(test::charge_racing(window, set, 7, edge));
	EXPECT_FALSE(test::charge_racing(window, set, 7, edge));
	const sluice_meter again = continued(*express(before, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, bucket.cost), window, edge);
	EXPECT_EQ(sluice_bucket_level(&again, set.way[0], sluice_meter_reading(&again, edge)), 10 * again.cost) << "and a bucket finds what a window left";
}

TEST(ChangeOfAlgorithm, ManyInARowKeepTheUnitsWithinATurn)
{
	const Meter meter{{2000, 1}, 2000};
	std::uint64_t now = kSecond;
	sluice_meter made = running(meter, SLUICE_TOKEN_BUCKET, 0, now);
	for (int change = 0; change < 1000; change++) {
		const auto next = express(meter, SLUICE_PACKETS, kBuckets[static_cast<unsigned>(change) % 3], made.cost);
		ASSERT_TRUE(next && can_continue(*next, made)) << change;
		made = continued(*next, made, now += kSecond);
		ASSERT_LT(made.horizon, 1ull << (SLUICE_READING_BITS - 1)) << change;
	}
}

}  // namespace
}  // namespace sluice::policy
