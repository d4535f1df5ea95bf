// What sluice-dump prints: tables, JSON, Prometheus text.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

#include "dump/report.h"
#include "sluice/abi/verdict.h"
#include "telemetry/names.h"
#include "telemetry/reasons.h"

namespace sluice::dump {
namespace {

Report example()
{
	Report report{.generation = 4};
	report.counters = CounterReport{
	    .services = {{"api", "admitted", "pass", false, 1234567, 98765432}, {"old", "source-packets", "drop", true, 5, 300}},
	    .rules = {{"scanners", "list", false, 7, 420}},
	    .events_lost = 3};
	report.bans = std::vector<BanReport>{{*net::Prefix::parse("192.0.2.0/24"), 598'000'000'000, 1'764'000'000'000'000'000, "scans \"x\""},
	                                     {*net::Prefix::parse("2001:db8::1"), std::nullopt, 0, ""}};
	report.limits = std::vector<LimitReport>{
	    {"api/each-source",
	     SLUICE_SCOPE_SOURCE,
	     {{SLUICE_PACKETS, {2000, 1}, 4000, 12, 65536, 3999}, {SLUICE_CONNECTIONS, {30, 60}, 30, 1, 65536, 30}}}};
	report.sources = std::vector<SourceRange>{
	    {*net::Address::parse("198.51.100.0"), *net::Address::parse("198.51.100.255"), "partners", "allow", "partners/limit", 0},
	    {*net::Address::parse("192.0.2.0"), *net::Address::parse("192.0.2.255"), "-", "-", "-", 5}};
	return report;
}

TEST(DumpNames, ReasonsAreThoseOfTheOneList)
{
	EXPECT_EQ(telemetry::reason_name(SLUICE_ADMITTED), "admitted");
	EXPECT_EQ(telemetry::reason_name(63), "#63");
	EXPECT_STREQ(telemetry::verdict_name(SLUICE_ADMITTED), "pass");
	EXPECT_STREQ(telemetry::verdict_name(SLUICE_BANNED), "drop");
}

TEST(DumpNames, ANameWithoutItsTerminatorEndsWithItsRoom)
{
	sluice_name name{};
	for (char& c : name.text)
		c = 'a';
	EXPECT_EQ(telemetry::name_of(std::span(&name, 1), 0), std::string(SLUICE_NAME_SIZE, 'a'));
	EXPECT_EQ(telemetry::name_of(std::span(&name, 1), 7), "#7");
}

TEST(DumpText, OneTableStandsAlone)
{
	Report report{.generation = 4};
	report.limits = example().limits;
	EXPECT_EQ(to_text(report, {}),
	          "LIMIT            UNIT         RATE  BURST  KEYS   ROOM  FULLEST\n"
	          "api/each-source  packets      2k/s   4000    12  65536     3999\n"
	          "api/each-source  connections  30/m     30     1  65536       30\n");
}

TEST(DumpText, SeveralTablesBearTheirNames)
{
	const std::string text = to_text(example(), {});
	EXPECT_TRUE(text.starts_with("generation 4\n\nCounters\nSERVICE"));
	EXPECT_NE(text.find("old (retired)"), std::string::npos);
	EXPECT_NE(text.find("events lost: 3\n"), std::string::npos);
	EXPECT_NE(text.find("192.0.2.0/24    9m 58s  scans \"x\"\n"), std::string::npos) << text;
	EXPECT_NE(text.find("2001:db8::1   for ever\n"), std::string::npos) << text;
	EXPECT_NE(text.find("failsafe/1, failsafe/3"), std::string::npos);
}

TEST(DumpText, NothingIsSaidInWords)
{
	Report report;
	report.bans.emplace();
	EXPECT_EQ(to_text(report, {}), "no bans\n");
}

TEST(DumpJson, CountsAreIntegersAndEverythingIsThere)
{
	const auto json = nlohmann::json::parse(to_json(example()));
	EXPECT_EQ(json["generation"], 4);
	EXPECT_TRUE(json["counters"]["services"][0]["packets"].is_number_integer());
	EXPECT_EQ(json["counters"]["services"][0]["packets"], 1234567);
	EXPECT_EQ(json["counters"]["services"][1]["retired"], true);
	EXPECT_EQ(json["bans"][0]["remaining_ns"], 598'000'000'000);
	EXPECT_EQ(json["bans"][0]["created_at"], "2025-11-24T16:00:00.000Z");
	EXPECT_TRUE(json["bans"][1]["remaining_ns"].is_null());
	EXPECT_EQ(json["limits"][1]["rate"]["count"], 30);
	EXPECT_EQ(json["limits"][1]["rate"]["period_seconds"], 60);
	EXPECT_EQ(json["limits"][0]["unit"], "packets");
	EXPECT_EQ(json["sources"][0]["list"], "partners");
	EXPECT_TRUE(json["sources"][1]["list"].is_null());
	EXPECT_EQ(json["sources"][1]["failsafe"], (nlohmann::json{"failsafe/1", "failsafe/3"}));
}

TEST(DumpJson, OnlyWhatWasAskedFor)
{
	Report report{.generation = 1};
	report.bans.emplace();
	const auto json = nlohmann::json::parse(to_json(report));
	EXPECT_EQ(json.size(), 2u);
	EXPECT_TRUE(json["bans"].is_array());
}

TEST(DumpJson, TextThatIsNotUtf8IsReplacedNotFatal)
{
	Report report{.generation = 1};
	report.bans = std::vector<BanReport>{{*net::Prefix::parse("192.0.2.1"), std::nullopt, 0, "\xff\xfe"}};
	EXPECT_NO_THROW(nlohmann::json::parse(to_json(report)));
}

TEST(DumpPrometheus, EachMetricHasOneHelpAndOneType)
{
	const std::string text = to_prometheus(example());
	std::map<std::string, int> types;
	std::istringstream lines(text);
	for (std::string line; std::getline(lines, line);) {
		if (line.starts_with("# TYPE "))
			types[line.substr(7, line.find(' ', 7) - 7)]++;
		if (!line.starts_with('#')) {
			EXPECT_EQ(types[line.substr(0, line.find_first_of("{ "))], 1) << line;
		}
	}
	EXPECT_NE(text.find("sluice_packets_total{service=\"api\",reason=\"admitted\",verdict=\"pass\"} 1234567\n"), std::string::npos);
	EXPECT_NE(text.find("sluice_limit_rate{limit=\"api/each-source\",unit=\"connections\"} 0.5\n"), std::string::npos);
	EXPECT_NE(text.find("sluice_bans 2\n"), std::string::npos);
	EXPECT_NE(text.find("sluice_generation 4\n"), std::string::npos);
	for (const auto& [name, count] : types)
		EXPECT_EQ(count, 1) << name;
}

TEST(DumpPrometheus, LabelsAreEscaped)
{
	Report report;
	report.counters = CounterReport{.services = {{"a\"b\\c\nd", "admitted", "pass", false, 1, 1}}};
	EXPECT_NE(to_prometheus(report).find("{service=\"a\\\"b\\\\c\\nd\","), std::string::npos);
}

}  // namespace
}  // namespace sluice::dump
