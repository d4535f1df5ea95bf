// Over everything that a policy file can say of a rate and a burst: a meter keeps its bound in every window and gives 98 %
// of its rate, or is refused because no clock tick can express it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "policy/meter.h"
#include "policy/parse_limit.h"
#include "sluice/core/limiter.h"

namespace sluice::policy {
namespace {

using Wide = unsigned __int128;
using Real = long double;

constexpr std::uint64_t kSeed = 20261124;
constexpr std::uint64_t kTick = 1ull << SLUICE_TICK_SHIFT;
constexpr std::uint64_t kSecond = 1'000'000'000;
// A burst under what the rate gives in one tick of the kernel's clock gives less than the rate; the validator warns.
constexpr std::uint64_t kTicksPerSecond = 250;
constexpr unsigned kSteps = 48;

class Random {
public:
	std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }
	// From 1 to `most`, every order of magnitude alike.
	std::uint64_t magnitude(std::uint64_t most)
	{
		const Real exponent = std::uniform_real_distribution<double>(0, 1)(engine_);
		return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::pow(static_cast<Real>(most), exponent)), 1, most);
	}

private:
	std::mt19937_64 engine_{kSeed};
};

struct Case {
	Meter meter;
	sluice_dimension dimension;

	// What is charged: bytes for bits.
	std::uint64_t divisor() const { return dimension == SLUICE_BITS ? 8 : 1; }
	// Charges that the rate gives in that time.
	Real due(std::uint64_t time) const
	{
		return static_cast<Real>(meter.rate.count) * static_cast<Real>(time) / static_cast<Real>(kSecond) /
		       static_cast<Real>(meter.rate.period_seconds * divisor());
	}
	Real burst() const { return static_cast<Real>(meter.burst) / static_cast<Real>(divisor()); }
	std::string to_string() const { return meter.rate.to_string() + " burst " + std::to_string(meter.burst) + (divisor() == 8 ? " bits" : ""); }
};

// What the parser lets through: rates to 10^12, bursts to 2^53.
Case random_case(Random& random)
{
	static constexpr std::uint64_t kPeriods[] = {1, 60, 3600};
	Case made{{{random.magnitude(1'000'000'000'000), kPeriods[random.below(3)]}, random.magnitude(1ull << 53)},
		  random.below(2) == 0 ? SLUICE_PACKETS : SLUICE_BITS};
	const std::uint64_t least = made.dimension == SLUICE_BITS ? kFrameBits : 1;
	const std::uint64_t tick = made.meter.rate.count / made.meter.rate.period_seconds / kTicksPerSecond + 1;
	// Often near what makes sense, now and then anything.
	if (random.below(4) != 0)
		made.meter.burst = std::min<std::uint64_t>(tick * random.magnitude(1u << 20), 1ull << 53);
	made.meter.burst = std::max({made.meter.burst, least, tick});
	return made;
}

// One key; takes all that it can get at an instant.
class Source {
public:
	std::uint64_t take_all(const sluice_meter& meter, std::uint64_t now)
	{
		const std::uint64_t reading = sluice_meter_reading(&meter, now);
		std::uint64_t admitted = 0, refused = meter.burst / meter.cost + 1;
		EXPECT_FALSE(offer(meter, reading, refused).admitted);
		while (admitted + 1 < refused) {
			const std::uint64_t middle = admitted + (refused - admitted) / 2;
			(offer(meter, reading, middle).admitted ? admitted : refused) = middle;
		}
		if (admitted > 0) {
			const sluice_charge charge = offer(meter, reading, admitted);
			set_.way[charge.way] = charge.next;
		}
		return admitted;
	}

private:
	sluice_charge offer(const sluice_meter& meter, std::uint64_t reading, std::uint64_t charges) const
	{
		return sluice_limiter_offer(&meter, &set_, 42, reading, charges * meter.cost);
	}

	sluice_bucket_set set_{};
};

// Any reading from which a bucket that was never used does not look filled, as it may towards the end of a turn.
std::uint64_t random_base(Random& random)
{
	return random.below(1ull << (SLUICE_READING_BITS - 1));
}

// Times of a source that never lets its bucket run full: half a burst apart, or less.
std::vector<std::uint64_t> busy_times(const Case& each, Random& random)
{
	const Real most = std::min<Real>(each.burst() / each.due(kSecond) / 2 * kSecond, Real{30} * 24 * 3600 * kSecond);
	const std::uint64_t step = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(most));
	std::vector<std::uint64_t> times = {random.below(1ull << 50)};
	for (unsigned i = 0; i < kSteps; i++)
		times.push_back(times.back() + step - random.below(step / 4 + 1));
	return times;
}

void expect_bound_and_rate(const Case& each, sluice_meter meter, Random& random)
{
	const std::vector<std::uint64_t> times = busy_times(each, random);
	meter.epoch_mono_ns = times.front();
	meter.base = random_base(random);
	std::vector<Wide> before;  // granted before each instant
	Source source;
	Wide granted = 0;
	for (const std::uint64_t now : times) {
		before.push_back(granted);
		granted += source.take_all(meter, now);
		for (std::size_t i = 0; i < before.size(); i++) {
			const Real most = std::ceil((each.burst() + each.due(now - times[i] + kTick)) * (1 + 1e-15L));
			ASSERT_LE(static_cast<Real>(granted - before[i]), most) << each.to_string();
		}
	}
	if (each.burst() < 2)  // a source that asks at its leisure leaves a bucket of one charge empty for a while
		return;
	const std::uint64_t window = times.back() - times.front();
	const Real least = each.burst() + each.due(window) * 0.98L - each.due(kTick) - 2;
	EXPECT_GE(static_cast<Real>(granted), least) << each.to_string();
}

TEST(MeterRange, EveryRateAndBurstIsKeptOrRefused)
{
	Random random;
	unsigned expressed = 0;
	for (int round = 0; round < 3000; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const Case each = random_case(random);
		auto made = express(each.meter, each.dimension);
		if (!made) {
			EXPECT_NE(made.error().message().find("clock tick can express"), std::string::npos) << made.error().sentence();
			continue;
		}
		expressed++;
		ASSERT_NO_FATAL_FAILURE(expect_bound_and_rate(each, *made, random));
	}
	EXPECT_GT(expressed, 2000u);
}

// With the cost of a former meter, whatever that was.
TEST(MeterRange, AKeptCostKeepsTheBoundToo)
{
	Random random;
	for (int round = 0; round < 1000; round++) {
		SCOPED_TRACE("seed " + std::to_string(kSeed) + " round " + std::to_string(round));
		const Case each = random_case(random);
		auto made = express(each.meter, each.dimension, SLUICE_TOKEN_BUCKET, random.magnitude(1ull << 42));
		if (made) {
			ASSERT_NO_FATAL_FAILURE(expect_bound_and_rate(each, *made, random));
		}
	}
}

// Nothing that anybody would write is refused.
TEST(MeterRange, WhatPeopleWriteIsExpressed)
{
	for (const std::uint64_t period : {1u, 60u, 3600u}) {
		for (std::uint64_t count = 1; count <= 1'000'000'000; count *= 10) {
			for (std::uint64_t burst = std::max<std::uint64_t>(1, count / period / kTicksPerSecond); burst <= 10 * count + 1000; burst *= 10) {
				const auto made = express({{count, period}, burst}, SLUICE_PACKETS);
				EXPECT_TRUE(made) << made.error().sentence();
			}
		}
	}
}

}  // namespace
}  // namespace sluice::policy
