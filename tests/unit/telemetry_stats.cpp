// Counters to what people read: JSON, Prometheus text, rates.
#include <gtest/gtest.h>

#include <cstring>

#include "telemetry/names.h"
#include "telemetry/rate_meter.h"
#include "telemetry/reasons.h"
#include "telemetry/stats.h"

namespace sluice::telemetry {
namespace {

sluice_name named(const char* text, unsigned kind = SLUICE_RULE_NONE, bool retired = false)
{
	sluice_name name{};
	std::strncpy(name.text, text, sizeof(name.text) - 1);
	name.kind = static_cast<__u8>(kind);
	name.retired = retired;
	return name;
}

const std::vector<sluice_name> kServices{named("-"), named("fragments"), named("api"), named("old", 0, true)};
const std::vector<sluice_name> kRules{named(""), named("failsafe/1", SLUICE_RULE_FAILSAFE), named("scanners", SLUICE_RULE_LIST)};

datapath::Counters example()
{
	datapath::Counters counters;
	counters.by_service = {{0, SLUICE_NOT_IP, {2, 120}}, {2, SLUICE_ADMITTED, {10, 1000}}, {2, SLUICE_SOURCE_PACKETS, {4, 400}},
	                       {3, SLUICE_ADMITTED, {1, 60}}};
	counters.by_rule = {{2, {7, 700}}, {9, {1, 60}}};
	counters.events_lost = 5;
	return counters;
}

TEST(TelemetryReasons, NamesAndNumbersAreOfOneList)
{
	for (const auto& reason : reasons()) {
		EXPECT_EQ(find_reason(reason.number), &reason);
		EXPECT_EQ(find_reason(reason.name), &reason);
		EXPECT_EQ(reason.passes, sluice_reason_passes(reason.number)) << reason.name;
		EXPECT_TRUE(reason.sentence.ends_with('.')) << reason.name;
	}
	EXPECT_EQ(find_reason("no-such-reason"), nullptr);
	EXPECT_EQ(find_reason(63u), nullptr);
	EXPECT_EQ(reason_name(63), "#63");
}

TEST(TelemetryStats, TotalsAreTheSumOfReasons)
{
	const Stats stats = sum(example(), kServices, kRules);
	EXPECT_EQ(stats.total, (Count{17, 1580}));
	EXPECT_EQ(stats.passed, (Count{13, 1180}));
	EXPECT_EQ(stats.dropped, (Count{4, 400}));
	Count reasons;
	for (const auto& row : stats.reasons)
		reasons += row.count;
	EXPECT_EQ(reasons, stats.total);
	Count services;
	for (const auto& row : stats.services)
		services += row.total;
	EXPECT_EQ(services, stats.total);
}

TEST(TelemetryStats, JsonHasTheFieldsOfTheProtocol)
{
	const auto json = to_json(sum(example(), kServices, kRules));
	EXPECT_EQ(json["packets"], 17);
	EXPECT_EQ(json["events_lost"], 5);
	EXPECT_EQ(json["reasons"].size(), reasons().size());
	ASSERT_EQ(json["services"].size(), 4u);
	EXPECT_EQ(json["services"][0]["service"], "-");
	EXPECT_EQ(json["services"][2],
	          nlohmann::json::parse(R"({"service": "api", "retired": false, "packets": 14, "bytes": 1400,
	              "passed": {"packets": 10, "bytes": 1000}, "dropped": {"packets": 4, "bytes": 400},
	              "reasons": [{"reason": "admitted", "verdict": "pass", "packets": 10, "bytes": 1000},
	                          {"reason": "source-packets", "verdict": "drop", "packets": 4, "bytes": 400}]})"));
	EXPECT_EQ(json["services"][3]["retired"], true);
	ASSERT_EQ(json["rules"].size(), 3u);
	EXPECT_EQ(json["rules"][1], nlohmann::json::parse(R"({"rule": "scanners", "kind": "list", "retired": false, "packets": 7, "bytes": 700})"));
	EXPECT_EQ(json["rules"][2]["rule"], "#9");
}

TEST(TelemetryStats, NothingCountedIsZeroAndNotAbsent)
{
	const auto json = to_json(sum({}, kServices, kRules));
	EXPECT_EQ(json["packets"], 0);
	EXPECT_EQ(json["reasons"].size(), reasons().size());
	EXPECT_EQ(json["services"].size(), 4u);
	EXPECT_EQ(json["services"][2]["reasons"].size(), 0u);
}

TEST(TelemetryStats, PrometheusTextIsTyped)
{
	std::vector<sluice_name> services = kServices;
	services[2] = named("a\"b");
	const std::string text = to_prometheus(sum(example(), services, kRules));
	EXPECT_NE(text.find("# TYPE sluice_packets_total counter\n"), std::string::npos);
	EXPECT_NE(text.find("sluice_packets_total{service=\"a\\\"b\",reason=\"source-packets\",verdict=\"drop\"} 4\n"), std::string::npos) << text;
	EXPECT_NE(text.find("sluice_events_lost_total 5\n"), std::string::npos);
}

Stats counted(std::uint64_t passed, std::uint64_t dropped)
{
	Stats stats;
	stats.passed = {passed, passed * 100};
	stats.dropped = {dropped, dropped * 100};
	stats.total = stats.passed;
	stats.total += stats.dropped;
	return stats;
}

TEST(TelemetryRateMeter, OneReadingIsNoRate)
{
	RateMeter meter;
	meter.read(1'000'000'000, counted(100, 10));
	EXPECT_EQ(meter.rates().packets_per_second, 0u);
}

TEST(TelemetryRateMeter, RatesAreOfTheLastTwoReadings)
{
	RateMeter meter;
	meter.read(1'000'000'000, counted(100, 10));
	meter.read(1'500'000'000, counted(150, 30));
	EXPECT_EQ(meter.rates().passed_per_second, 100u);
	EXPECT_EQ(meter.rates().dropped_per_second, 40u);
	EXPECT_EQ(meter.rates().packets_per_second, 140u);
	EXPECT_EQ(meter.rates().bits_per_second, 140u * 800);
	meter.read(1'500'000'000, counted(900, 900));  // no time has passed
	EXPECT_EQ(meter.rates().packets_per_second, 140u);
}

TEST(TelemetryRateMeter, CountersThatWereMadeAnewGiveNoRate)
{
	RateMeter meter;
	meter.read(1'000'000'000, counted(100, 10));
	meter.read(2'000'000'000, counted(3, 0));
	EXPECT_EQ(meter.rates().packets_per_second, 0u);
	meter.read(3'000'000'000, counted(5, 0));
	EXPECT_EQ(meter.rates().packets_per_second, 2u);
}

}  // namespace
}  // namespace sluice::telemetry
