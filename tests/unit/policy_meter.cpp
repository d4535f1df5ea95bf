#include <gtest/gtest.h>

#include "policy/meter.h"
#include "policy/regions.h"
#include "sluice/core/limiter.h"

namespace sluice::policy {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

sluice_meter expressed(const Meter& meter, sluice_dimension dimension = SLUICE_PACKETS)
{
	return *express(meter, dimension);
}

// Charges that a meter gives in an hour, of the hour's true number.
double share_of(const Meter& meter, sluice_dimension dimension)
{
	const sluice_meter made = expressed(meter, dimension);
	const double units = static_cast<double>(made.speed) / (1u << SLUICE_SPEED_SHIFT) * 3600e9 / (1u << SLUICE_TICK_SHIFT);
	const double charges = units / static_cast<double>(made.cost) * (dimension == SLUICE_BITS ? 8 : 1);
	return charges / (meter.rate.per_second() * 3600);
}

TEST(PolicyMeter, RunsAtTheRateAndNeverFaster)
{
	for (const net::Rate rate : {net::Rate{1, 3600}, {30, 60}, {7, 1}, {2000, 1}, {50'000, 1}, {999'999'937, 1}, {400'000'000'000, 1}}) {
		for (const sluice_dimension dimension : {SLUICE_PACKETS, SLUICE_BITS}) {
			const double share = share_of({rate, std::max<std::uint64_t>(20'000, rate.count / rate.period_seconds)}, dimension);
			EXPECT_LE(share, 1 + 1e-12) << rate.to_string();
			EXPECT_GE(share, 0.99) << rate.to_string();
		}
	}
}

TEST(PolicyMeter, BitsAreCountedByTheByte)
{
	const sluice_meter meter = expressed({{8'000'000, 1}, 16'000}, SLUICE_BITS);
	EXPECT_EQ(meter.burst, 2000 * meter.cost) << "16000 bits are 2000 bytes";
	EXPECT_EQ(meter.cost, 4u) << "2^22 / 1 000 000 bytes a second";
}

TEST(PolicyMeter, KeepsACostThatStillServes)
{
	const std::uint64_t cost = expressed({{2000, 1}, 4000}).cost;
	EXPECT_EQ(express({{3000, 1}, 4000}, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, cost)->cost, cost);
	EXPECT_NE(express({{1, 3600}, 4000}, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, cost)->cost, cost) << "under 2^12 units a second";
	EXPECT_NE(express({{3000, 1}, 1ull << 40}, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, cost)->cost, cost) << "the burst would not fit";
}

TEST(PolicyMeter, ACostIsKeptAlsoWhereTheBurstMadeItSmall)
{
	const Meter large{{1, 1}, 1'000'000'000};
	const std::uint64_t cost = expressed(large).cost;
	EXPECT_EQ(express(large, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, cost)->cost, cost) << "the same policy again refills nobody";
}

TEST(PolicyMeter, GoesOnWhereTheOneBeforeStands)
{
	sluice_meter before = expressed({{2000, 1}, 4000});
	before.epoch_mono_ns = 5 * kSecond;
	before.first_set = 96;
	before.set_mask = 31;
	const std::uint64_t now = 777 * kSecond;
	const auto after = continued(*express({{100, 1}, 100}, SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, before.cost), before, now);
	EXPECT_EQ(sluice_meter_reading(&after, now), sluice_meter_reading(&before, now));
	EXPECT_LT(sluice_meter_reading(&after, now + kSecond), sluice_meter_reading(&before, now + kSecond));
	EXPECT_EQ(after.horizon, before.horizon) << "buckets may still hold the old burst";
	EXPECT_LT(after.burst, before.burst);
	EXPECT_EQ(after.first_set, 96u);
	EXPECT_EQ(after.set_mask, 31u);
}

TEST(PolicyMeter, AProcessorThatIsLateFindsAFullBucketFull)
{
	for (const Meter& limit : {Meter{{20000, 1}, 2000}, Meter{{1, 3600}, 1}, Meter{{50'000'000, 1}, 4}}) {
		const sluice_meter meter = expressed(limit);
		const std::uint64_t now = 100 * kSecond;
		sluice_bucket_set set{};
		set.way[0] = 7ull << SLUICE_READING_BITS | ((sluice_meter_reading(&meter, now) + meter.burst) & SLUICE_READING_MASK);
		for (const std::uint64_t late : {std::uint64_t{0}, std::uint64_t{4'000'000}, std::uint64_t{100'000'000}, 3 * kSecond}) {
			const std::uint64_t reading = sluice_meter_reading(&meter, now - late);
			EXPECT_FALSE(sluice_limiter_offer(&meter, &set, 7, reading, meter.cost).admitted) << late;
			EXPECT_GE(sluice_bucket_level(&meter, set.way[0], reading), meter.burst);
		}
	}
}

TEST(PolicyMeter, AWindowHoldsWhatItsRateSaysAndMovesPastIt)
{
	const sluice_meter meter = begun(*express({{30, 60}, 30}, SLUICE_PACKETS, SLUICE_FIXED_WINDOW), 77, 90 * kSecond);
	EXPECT_EQ(meter.burst, 30 * meter.cost);
	EXPECT_EQ(meter.epoch_mono_ns, 60 * kSecond) << "a multiple of its length since boot";
	EXPECT_EQ(sluice_meter_reading(&meter, 120 * kSecond - 1), 77u);
	EXPECT_GE(sluice_meter_reading(&meter, 120 * kSecond), 77u + meter.burst);
	EXPECT_FALSE(express({{1'100'000'000'000, 3600}, 1'100'000'000'000}, SLUICE_PACKETS, SLUICE_FIXED_WINDOW));
}

TEST(PolicyMeter, LevelsAndTimesOfChargesMeanNothingToEachOther)
{
	const auto log = express({{30, 60}, 30}, SLUICE_PACKETS, SLUICE_SLIDING_LOG), other_log = express({{5, 3600}, 5}, SLUICE_PACKETS, SLUICE_SLIDING_LOG);
	const auto bucket = express({{30, 60}, 30}, SLUICE_PACKETS), window = express({{30, 60}, 30}, SLUICE_PACKETS, SLUICE_FIXED_WINDOW);
	EXPECT_TRUE(can_continue(*log, *other_log) && can_continue(*bucket, *window) && can_continue(*window, *bucket));
	EXPECT_FALSE(can_continue(*log, *bucket) || can_continue(*window, *log));
}

TEST(PolicyRegions, FirstFitAlignedToSize)
{
	Regions regions(64);
	EXPECT_TRUE(regions.claim(8, 8));
	EXPECT_FALSE(regions.claim(15, 1));
	EXPECT_FALSE(regions.claim(0, 9));
	EXPECT_FALSE(regions.claim(60, 8));
	EXPECT_FALSE(regions.claim(0, 0));
	EXPECT_EQ(regions.take(16), 16u);
	EXPECT_EQ(regions.take(1), 0u);
	EXPECT_EQ(regions.take(4), 4u);
	EXPECT_EQ(regions.take(32), 32u);
	EXPECT_EQ(regions.take(4), std::nullopt);
	EXPECT_EQ(regions.take(2), 2u);
	EXPECT_EQ(regions.take(1), 1u);
	EXPECT_EQ(regions.take(1), std::nullopt);
	EXPECT_EQ(Regions(0).take(1), std::nullopt);
}

}  // namespace
}  // namespace sluice::policy
