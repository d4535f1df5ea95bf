// Limits read back: the rate that was configured, levels, what a source has left.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "dump/limit_report.h"
#include "sluice/core/addr.h"
#include "sluice/core/hash.h"
#include "sluice/core/sliding_log.h"

namespace sluice::dump {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kCost = 1'000'000;

// As the architecture has it: a meter's speed is the rate in units per tick, rounded down.
sluice_meter meter_of(std::uint64_t count, std::uint64_t period, std::uint64_t cost, std::uint64_t burst, unsigned dimension)
{
	sluice_meter meter{};
	const unsigned __int128 per_count = static_cast<unsigned __int128>(cost) << (SLUICE_TICK_SHIFT + SLUICE_SPEED_SHIFT);
	const unsigned bits = dimension == SLUICE_BITS ? 8 : 1;
	meter.cost = cost;
	meter.speed = static_cast<std::uint64_t>(count * per_count / (static_cast<unsigned __int128>(kSecond) * period * bits));
	meter.burst = burst * cost / bits;
	meter.horizon = meter.burst;
	meter.set_mask = 3;
	return meter;
}

sluice_name name(const char* text)
{
	sluice_name out{};
	std::strncpy(out.text, text, sizeof(out.text) - 1);
	return out;
}

// Limit 1: api/each-source, 100/s, burst 200, keys /32 and /64, sets 0 to 3. Limit 2: partners/limit, sets 4 to 7.
class DumpLimits : public testing::Test {
protected:
	DumpLimits() : limits_(3), rules_{name(""), name("api/each-source"), name("partners/limit")}, buckets_(8)
	{
		for (std::uint16_t i = 1; i <= 2; i++) {
			limits_[i].rule = i;
			limits_[i].scope = i == 1 ? SLUICE_SCOPE_SOURCE : SLUICE_SCOPE_LIST;
			limits_[i].mask[SLUICE_IPV4] = sluice_addr_mask(128);
			limits_[i].mask[SLUICE_IPV6] = sluice_addr_mask(64);
			limits_[i].meter[SLUICE_PACKETS] = meter_of(100, 1, kCost, 200, SLUICE_PACKETS);
			limits_[i].meter[SLUICE_PACKETS].first_set = (i - 1) * 4u;
		}
		for (int i = 0; i < 4; i++)
			key_.multiplier[0][i] = 0x9e3779b97f4a7c15ull * (i + 1), key_.multiplier[1][i] = 0xc2b2ae3d27d4eb4full * (i + 3);
	}

	void charge(unsigned number, const char* source, std::uint64_t packets)
	{
		const auto& limit = limits_[number];
		const auto& meter = limit.meter[SLUICE_PACKETS];
		const auto address = net::Address::parse(source);
		const auto abi = address->to_abi();
		const auto hash = sluice_limit_key(&limit, &key_, &abi, address->family());
		auto& set = buckets_[meter.first_set + (hash.set & meter.set_mask)];
		const auto offer = sluice_limiter_offer(&meter, &set, hash.tag, sluice_meter_reading(&meter, now_), packets * kCost);
		ASSERT_TRUE(offer.admitted);
		set.way[offer.way] = offer.next;
	}

	std::vector<SourceLimit> ask(const char* source, const sluice_class& of = {})
	{
		return report_source(limits_, rules_, buckets_, key_, of, *net::Address::parse(source), now_);
	}

	std::vector<sluice_limit> limits_;
	std::vector<sluice_name> rules_;
	std::vector<sluice_bucket_set> buckets_;
	sluice_hash_key key_{};
	std::uint64_t now_ = 1000 * kSecond;
};

TEST(DumpRate, IsTheOneThatWasConfigured)
{
	for (const unsigned dimension : {SLUICE_PACKETS, SLUICE_BITS, SLUICE_CONNECTIONS}) {
		for (const std::uint64_t cost : {4096ull, 1'000'000ull, 1ull << 26}) {
			for (const net::Rate rate : {net::Rate{2000, 1}, net::Rate{50'000, 1}, net::Rate{30, 60}, net::Rate{7, 3600},
			                             net::Rate{100'003, 60}, net::Rate{999'999, 1}}) {
				const auto meter = meter_of(rate.count, rate.period_seconds, cost, 100, dimension);
				if (meter.speed < 1u << 20)
					continue;  // too slow for this cost to be told apart
				EXPECT_EQ(configured_rate(meter, dimension), rate) << rate.to_string() << " cost " << cost;
			}
		}
	}
}

TEST(DumpRate, IsTheShortestPeriodThatIsExact)
{
	EXPECT_EQ(configured_rate(meter_of(120, 60, kCost, 1, SLUICE_PACKETS), SLUICE_PACKETS), (net::Rate{2, 1}));
}

TEST(DumpRate, BitsAreChargedByTheByte)
{
	const auto meter = meter_of(1'000'000'000, 1, 1024, 4'000'000, SLUICE_BITS);
	EXPECT_EQ(configured_rate(meter, SLUICE_BITS), (net::Rate{1'000'000'000, 1}));
	EXPECT_EQ(configured_burst(meter, SLUICE_BITS), 4'000'000u);
}

TEST_F(DumpLimits, AnEmptyTableIsEmpty)
{
	const auto reports = report_limits(limits_, rules_, buckets_, now_);
	ASSERT_EQ(reports.size(), 2u);
	EXPECT_EQ(reports[0].name, "api/each-source");
	ASSERT_EQ(reports[0].gauges.size(), 1u);
	EXPECT_EQ(reports[0].gauges[0].rate, (net::Rate{100, 1}));
	EXPECT_EQ(reports[0].gauges[0].burst, 200u);
	EXPECT_EQ(reports[0].gauges[0].keys_in_use, 0u);
	EXPECT_EQ(reports[0].gauges[0].keys, 32u);
	EXPECT_EQ(reports[0].gauges[0].fullest, 0u);
}

TEST_F(DumpLimits, WhatHoldsNobodyAnyMoreIsNotShown)
{
	charge(1, "192.0.2.1", 10);
	limits_[1].retired = 1;
	const auto reports = report_limits(limits_, rules_, buckets_, now_);
	ASSERT_EQ(reports.size(), 1u);
	EXPECT_EQ(reports[0].name, "partners/limit");
	for (const auto& report : report_source(limits_, rules_, buckets_, key_, sluice_class{}, *net::Address::parse("192.0.2.1"), now_))
		EXPECT_NE(report.name, "api/each-source");
}

TEST_F(DumpLimits, KeysInUseAndTheFullestOfThem)
{
	charge(1, "192.0.2.1", 10);
	charge(1, "192.0.2.2", 150);
	charge(1, "2001:db8::1", 20);
	const auto reports = report_limits(limits_, rules_, buckets_, now_);
	EXPECT_EQ(reports[0].gauges[0].keys_in_use, 3u);
	EXPECT_EQ(reports[0].gauges[0].fullest, 150u);
	EXPECT_EQ(reports[1].gauges[0].keys_in_use, 0u);
}

TEST_F(DumpLimits, LevelsSinkWithTime)
{
	charge(1, "192.0.2.2", 150);
	now_ += kSecond;
	EXPECT_EQ(report_limits(limits_, rules_, buckets_, now_)[0].gauges[0].fullest, 51u);  // a tick has not ended yet
	now_ += kSecond;
	EXPECT_EQ(report_limits(limits_, rules_, buckets_, now_)[0].gauges[0].keys_in_use, 0u);
}

TEST_F(DumpLimits, WhatASourceHasLeft)
{
	charge(1, "192.0.2.2", 150);
	const auto limits = ask("192.0.2.2");
	ASSERT_EQ(limits.size(), 1u);
	EXPECT_EQ(limits[0].name, "api/each-source");
	EXPECT_EQ(limits[0].key, "192.0.2.2");
	const auto& level = limits[0].levels.at(0);
	EXPECT_EQ(level.level, 150u);
	EXPECT_EQ(level.left, 50u);
	EXPECT_FALSE(level.shared);
	EXPECT_NEAR(static_cast<double>(level.recovered_ns), 1.5e9, 1e6);
	EXPECT_GE(level.recovered_ns, 1'500'000'000u);
}

TEST_F(DumpLimits, ASourceThatWasNeverSeenHasEverything)
{
	charge(1, "192.0.2.2", 150);
	const auto level = ask("192.0.2.3")[0].levels.at(0);
	EXPECT_EQ(level.level, 0u);
	EXPECT_EQ(level.left, 200u);
	EXPECT_EQ(level.recovered_ns, 0u);
}

TEST_F(DumpLimits, AnIpv6SourceIsHeldByItsPrefix)
{
	charge(1, "2001:db8:1:2::1", 20);
	const auto limits = ask("2001:db8:1:2:ffff::9");
	EXPECT_EQ(limits[0].key, "2001:db8:1:2::/64");
	EXPECT_EQ(limits[0].levels.at(0).level, 20u);
	EXPECT_EQ(ask("2001:db8:1:3::1")[0].levels.at(0).level, 0u);
}

TEST_F(DumpLimits, AListsLimitStandsInForThatOnSources)
{
	charge(2, "192.0.2.2", 30);
	sluice_class partner{};
	partner.limit = 2;
	const auto limits = ask("192.0.2.2", partner);
	ASSERT_EQ(limits.size(), 1u);
	EXPECT_EQ(limits[0].name, "partners/limit");
	EXPECT_EQ(limits[0].levels.at(0).level, 30u);
}

TEST_F(DumpLimits, ALimitOnAllSourcesHoldsEveryone)
{
	limits_[1].scope = SLUICE_SCOPE_SERVICE;
	limits_[1].mask[SLUICE_IPV4] = limits_[1].mask[SLUICE_IPV6] = {};
	charge(1, "192.0.2.1", 30);
	sluice_class partner{};
	partner.limit = 2;
	const auto limits = ask("2001:db8::9", partner);
	ASSERT_EQ(limits.size(), 2u);
	EXPECT_EQ(limits[0].key, "all");
	EXPECT_EQ(limits[0].levels.at(0).level, 30u);
}

TEST_F(DumpLimits, InAFullSetANewcomerTakesOverTheLowestLevel)
{
	limits_[1].meter[SLUICE_PACKETS].set_mask = 0;
	for (int i = 1; i <= 8; i++)
		charge(1, ("192.0.2." + std::to_string(i)).c_str(), 10u * i);
	const auto level = ask("198.51.100.1")[0].levels.at(0);
	EXPECT_TRUE(level.shared);
	EXPECT_EQ(level.level, 10u);
}

// Sixteen lines to a set, a word for a charge.
TEST_F(DumpLimits, ALogIsCountedByItsCharges)
{
	sluice_meter& meter = limits_[1].meter[SLUICE_PACKETS];
	meter = sluice_meter{};
	meter.algorithm = SLUICE_SLIDING_LOG;
	meter.cost = 1;
	meter.burst = 5;
	meter.speed = 1u << SLUICE_SPEED_SHIFT;
	meter.window_s = 60;
	meter.horizon = sluice_log_stay(&meter);
	buckets_.resize(SLUICE_LOG_LINES);
	const auto abi = net::Address::parse("192.0.2.1")->to_abi();
	const auto hash = sluice_hash_addr(&key_, &abi);
	const std::uint64_t reading = sluice_meter_reading(&meter, now_);
	const auto stamp = [&](std::size_t line, std::uint32_t tag, std::uint64_t age_s) {
		buckets_[line].way[3] = sluice_log_stamp(&meter, tag, reading - (age_s * kSecond >> SLUICE_TICK_SHIFT));
	};
	stamp(0, hash.tag, 50);
	stamp(7, hash.tag, 20);
	stamp(15, hash.tag, 61);
	stamp(2, hash.tag ^ 1, 1);
	const auto gauge = report_limits(limits_, rules_, buckets_, now_)[0].gauges.at(0);
	EXPECT_EQ(gauge.rate, (net::Rate{5, 60}));
	EXPECT_EQ(gauge.keys_in_use, 2u);
	EXPECT_EQ(gauge.fullest, 2u) << "one has left";
	EXPECT_EQ(gauge.keys, SLUICE_LOG_WORDS / 5);
	auto level = ask("192.0.2.1")[0].levels.at(0);
	EXPECT_EQ(level.level, 2u);
	EXPECT_EQ(level.left, 3u);
	EXPECT_FALSE(level.shared);
	EXPECT_NEAR(static_cast<double>(level.recovered_ns), 40e9, 1e6);
	for (auto& line : buckets_)
		std::fill(std::begin(line.way), std::end(line.way), sluice_log_stamp(&meter, hash.tag ^ 1, reading));
	level = ask("192.0.2.1")[0].levels.at(0);
	EXPECT_EQ(level.left, 0u) << "the set is full";
	EXPECT_TRUE(level.shared);
}

TEST_F(DumpLimits, AWindowRecoversAtItsEdge)
{
	sluice_meter& meter = limits_[1].meter[SLUICE_PACKETS];
	meter.algorithm = SLUICE_FIXED_WINDOW;
	meter.window_s = 60;
	meter.speed = meter.burst;
	charge(1, "192.0.2.2", 150);
	const auto level = ask("192.0.2.2")[0].levels.at(0);
	EXPECT_EQ(level.rate, (net::Rate{200, 60}));
	EXPECT_EQ(level.left, 50u);
	EXPECT_EQ(level.recovered_ns, 20 * kSecond) << "1000 s are 40 s of the seventeenth minute";
}

TEST_F(DumpLimits, ARegionPastTheTableReadsAsEmpty)
{
	limits_[1].meter[SLUICE_PACKETS].first_set = 6;
	limits_[2].meter[SLUICE_PACKETS].first_set = 0xffffffff;
	const auto reports = report_limits(limits_, rules_, buckets_, now_);
	EXPECT_EQ(reports[0].gauges[0].keys, 0u);
	EXPECT_EQ(reports[1].gauges[0].keys, 0u);
	EXPECT_EQ(ask("192.0.2.1")[0].levels.at(0).left, 200u);
}

TEST_F(DumpLimits, AChangedRateThatLeavesALevelOverTheBurstLeavesNothing)
{
	charge(1, "192.0.2.2", 150);
	limits_[1].meter[SLUICE_PACKETS].burst = 100 * kCost;
	const auto level = ask("192.0.2.2")[0].levels.at(0);
	EXPECT_EQ(level.level, 150u);
	EXPECT_EQ(level.left, 0u);
}

}  // namespace
}  // namespace sluice::dump
