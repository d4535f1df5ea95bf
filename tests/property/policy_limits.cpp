// A meter never admits more than its bound, whatever its rate, its burst, and however often the policy changes under it.
#include <gtest/gtest.h>

#include <random>

#include "policy/meter.h"
#include "sluice/core/limiter.h"

namespace sluice::policy {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kSeed = 20261124;
constexpr std::uint64_t kTick = 1ull << SLUICE_TICK_SHIFT;

class Random {
public:
	std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }
	// Every order of magnitude alike.
	std::uint64_t magnitude(unsigned bits) { return 1 + below(1ull << (1 + below(bits))); }

private:
	std::mt19937_64 engine_{kSeed};
};

Meter random_meter(Random& random)
{
	static constexpr std::uint64_t kPeriods[] = {1, 60, 3600};
	return {{random.magnitude(30), kPeriods[random.below(3)]}, random.magnitude(16)};
}

// One key that asks as often as it likes; what it is granted.
class Source {
public:
	bool offer(const sluice_meter& meter, std::uint64_t now)
	{
		const sluice_charge charge = sluice_limiter_offer(&meter, &set_, 42, sluice_meter_reading(&meter, now), meter.cost);
		if (!charge.admitted || charge.stale)
			return false;
		set_.way[charge.way] = charge.next;
		return true;
	}

private:
	sluice_bucket_set set_{};
};

// burst + rate * (window + tick), in charges, rounded up.
std::uint64_t bound_of(const Meter& meter, std::uint64_t window)
{
	const Wide per = Wide{meter.rate.period_seconds} * 1'000'000'000;
	return meter.burst + static_cast<std::uint64_t>((Wide{meter.rate.count} * (window + kTick) + per - 1) / per);
}

// Asks until it is refused, at most `most` times.
std::uint64_t exhaust(Source& source, const sluice_meter& meter, std::uint64_t now, std::uint64_t most)
{
	std::uint64_t granted = 0;
	while (granted < most && source.offer(meter, now))
		granted++;
	return granted;
}

TEST(PolicyLimits, AMeterNeverExceedsItsBound)
{
	Random random;
	for (int round = 0; round < 2000; round++) {
		const Meter meter = random_meter(random);
		auto made = express(meter, SLUICE_PACKETS);
		if (!made)
			continue;
		const std::uint64_t start = random.below(1ull << 50);
		made->epoch_mono_ns = start;
		made->base = random.below(1ull << SLUICE_READING_BITS);
		Source source;
		// What a former charge left; it can only hold the key more strictly.
		std::uint64_t now = start;
		std::uint64_t granted = 0;
		for (int step = 0; step < 20; step++) {
			granted += exhaust(source, *made, now, 200'000);
			ASSERT_LE(granted, bound_of(meter, now - start)) << "seed " << kSeed << " round " << round << " rate " << meter.rate.to_string();
			now += random.below(20'000'000'000 / (1 + random.below(1000)));
			if (granted > 1'000'000)
				break;
		}
	}
}

TEST(PolicyLimits, AMeterKeptBusyGivesNinetyEightPercentOfItsRate)
{
	Random random;
	for (int round = 0; round < 300; round++) {
		Meter meter = random_meter(random);
		meter.rate.count = 1 + meter.rate.count % 20'000;
		meter.burst = 10 + meter.rate.count / meter.rate.period_seconds / 250;
		auto made = express(meter, SLUICE_PACKETS);
		if (!made)
			continue;
		Source source;
		// Long enough for a hundred charges, asked often enough for the burst never to be full.
		const std::uint64_t window = 200 * meter.rate.period_seconds * 1'000'000'000 / meter.rate.count + 50 * kTick;
		const std::uint64_t first = exhaust(source, *made, 0, ~0ull);
		ASSERT_EQ(first, meter.burst);
		std::uint64_t granted = 0;
		for (int step = 1; step <= 2000; step++)
			granted += exhaust(source, *made, window / 2000 * static_cast<std::uint64_t>(step), ~0ull);
		const double due = static_cast<double>(meter.rate.count) * static_cast<double>(window) / 1e9 / static_cast<double>(meter.rate.period_seconds);
		EXPECT_GE(static_cast<double>(granted), 0.98 * due - 2) << meter.rate.to_string() << " burst " << meter.burst;
	}
}

TEST(PolicyLimits, AChangeOfPolicyRefillsNobody)
{
	Random random;
	for (int round = 0; round < 500; round++) {
		Meter meter = random_meter(random);
		auto made = express(meter, SLUICE_PACKETS);
		if (!made)
			continue;
		Source source;
		std::uint64_t now = random.below(1ull << 40);
		made->epoch_mono_ns = now;
		exhaust(source, *made, now, 200'000);
		for (int change = 0; change < 10; change++) {
			Meter next = meter;
			next.rate.count = 1 + random.below(meter.rate.count * 2);
			next.burst = 1 + random.below(meter.burst);
			auto expressed = express(next, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, made->cost);
			if (!expressed || expressed->cost != made->cost)
				continue;
			const sluice_meter continuing = continued(*expressed, *made, now);
			if (!source.offer(*made, now)) {
				EXPECT_FALSE(source.offer(continuing, now)) << "seed " << kSeed << " round " << round;
			}
			made = continuing;
			meter = next;
			now += random.below(kTick * 1000);
			exhaust(source, *made, now, 200'000);
		}
	}
}

}  // namespace
}  // namespace sluice::policy
