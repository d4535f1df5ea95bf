// What sluice-dump prints: tables, JSON, Prometheus text.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cstring>
#include <map>
#include <sstream>

#include "dump/report.h"
#include "sluice/abi/verdict.h"
#include "telemetry/names.h"
#include "telemetry/reasons.h"

namespace sluice::dump {
namespace {

sluice_name name_of(const char* text, std::uint8_t kind = SLUICE_RULE_NONE, bool retired = false)
{
	sluice_name name{};
	std::strncpy(name.text, text, sizeof(name.text) - 1);
	name.kind = kind;
	name.retired = retired ? 1 : 0;
	return name;
}

telemetry::Stats counted(const char* service = "api")
{
	datapath::Counters counters;
	counters.by_service = {{2, SLUICE_ADMITTED, {1234567, 98765432}}, {3, SLUICE_SOURCE_PACKETS, {5, 300}}};
	counters.by_rule = {{1, {7, 420}}};
	counters.events_lost = 3;
	const std::vector<sluice_name> services = {name_of("-"), name_of("fragments"), name_of(service), name_of("old", 0, true)};
	const std::vector<sluice_name> rules = {name_of(""), name_of("scanners", SLUICE_RULE_LIST), name_of("idle", SLUICE_RULE_LIST)};
	return telemetry::sum(counters, services, rules);
}

Report example()
{
	Report report{.generation = 4};
	report.counters = counted();
	report.bans = std::vector<BanReport>{{*net::Prefix::parse("192.0.2.0/24"), 598'000'000'000, 1'764'000'000'000'000'000, "scans \"x\""},
	                                     {*net::Prefix::parse("2001:db8::1"), std::nullopt, 0, ""}};
	report.limits = std::vector<LimitReport>{
	    {"api/each-source",
	     SLUICE_SCOPE_SOURCE,
	     {{SLUICE_PACKETS, SLUICE_TOKEN_BUCKET, {2000, 1}, 4000, 12, 65536, 3999},
	      {SLUICE_CONNECTIONS, SLUICE_SLIDING_LOG, {30, 60}, 30, 1, 65536, 30}}}};
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

TEST(DumpLeases, SayWhoseTheyAreAndForHowLong)
{
	Report report{.generation = 4};
	report.leases = std::vector<LeaseReport>{
	    {"spiffe://prod.example/a", "prod.example", "192.0.2.7:40000 > 203.0.113.10:443 tcp", {"reader", "writer"}, 90'000'000'000},
	    {"partner-a", "partners", "2001:db8::/64", {}, 1'000'000'000}};
	const std::string text = to_text(report, {});
	for (const char* piece : {"spiffe://prod.example/a", "192.0.2.7:40000 > 203.0.113.10:443 tcp", "reader, writer", "2001:db8::/64", "partners"})
		EXPECT_NE(text.find(piece), std::string::npos) << piece << "\n" << text;
	const auto json = nlohmann::json::parse(to_json(report));
	ASSERT_EQ(2u, json["leases"].size());
	EXPECT_EQ("prod.example", json["leases"][0]["authority"]);
	EXPECT_EQ(90'000'000'000u, json["leases"][0]["remaining_ns"]);
	EXPECT_EQ((std::vector<std::string>{"reader", "writer"}), json["leases"][0]["roles"]);
	EXPECT_NE(to_prometheus(report).find("sluice_leases{authority=\"prod.example\"} 1\n"), std::string::npos);
	report.leases->clear();
	EXPECT_EQ("no leases\n", to_text(report, {}));
}

TEST(DumpOverlay, SaysWhoSaidWhatAndWhy)
{
	Report report{.generation = 4};
	report.overlay = std::vector<OverlayReport>{{*net::Prefix::parse("192.0.2.0/24"), "deny", 598'000'000'000, 1'764'000'000'000'000'000, 1000, "scans"},
	                                            {*net::Prefix::parse("2001:db8::1"), "allow", std::nullopt, 0, 0, "a customer"}};
	EXPECT_EQ(to_text(report, {}),
	          "PREFIX        ACTION      LEFT   UID  WHY\n"
	          "192.0.2.0/24  deny      9m 58s  1000  scans\n"
	          "2001:db8::1   allow   for ever     0  a customer\n");
	const auto json = nlohmann::json::parse(to_json(report)).at("overlay");
	ASSERT_EQ(2u, json.size());
	EXPECT_EQ("deny", json[0]["action"]);
	EXPECT_EQ(1000u, json[0]["uid"]);
	EXPECT_EQ(598'000'000'000u, json[0]["remaining_ns"]);
	EXPECT_TRUE(json[1]["remaining_ns"].is_null());
	EXPECT_EQ("a customer", json[1]["why"]);
	EXPECT_NE(to_prometheus(report).find("sluice_overlay_entries{action=\"deny\"} 1\n"), std::string::npos);
	report.overlay->clear();
	EXPECT_EQ("no entries\n", to_text(report, {}));
	EXPECT_NE(to_prometheus(report).find("sluice_overlay_entries{action=\"allow\"} 0\n"), std::string::npos);
}

TEST(DumpText, OneTableStandsAlone)
{
	Report report{.generation = 4};
	report.limits = example().limits;
	EXPECT_EQ(to_text(report, {}),
	          "LIMIT            UNIT         ALGORITHM     RATE  BURST  KEYS   ROOM  FULLEST\n"
	          "api/each-source  packets      token-bucket  2k/s   4000    12  65536     3999\n"
	          "api/each-source  connections  sliding-log   30/m     30     1  65536       30\n");
}

TEST(DumpText, SeveralTablesBearTheirNames)
{
	const std::string text = to_text(example(), {});
	EXPECT_TRUE(text.starts_with("generation 4\n\nCounters\nSERVICE"));
	EXPECT_NE(text.find("old (retired)"), std::string::npos);
	EXPECT_NE(text.find("scanners"), std::string::npos);
	EXPECT_EQ(text.find("idle"), std::string::npos) << "what is zero has no row";
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
	EXPECT_EQ(json["counters"], telemetry::to_json(counted())) << "as `sluice --json stats` has it";
	EXPECT_TRUE(json["counters"]["services"][2]["packets"].is_number_integer());
	EXPECT_EQ(json["counters"]["services"][2]["packets"], 1234567);
	EXPECT_EQ(json["counters"]["services"][3]["retired"], true);
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
	report.counters = counted("a\"b\\c\nd");
	EXPECT_NE(to_prometheus(report).find("{service=\"a\\\"b\\\\c\\nd\","), std::string::npos);
}

}  // namespace
}  // namespace sluice::dump
