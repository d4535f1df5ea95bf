// What the daemon answers, as people see it.
#include <gtest/gtest.h>

#include "cli/counters.h"
#include "cli/render.h"

namespace sluice::cli {
namespace {

constexpr text::Style kPlain{};
constexpr text::Style kTerminal{.colour = true, .terminal = true};

control::Status example_status()
{
	control::Status status;
	status.version = "0.1.0";
	status.generation = 4;
	status.digest = "abcd";
	status.policy_path = "/etc/sluice/policy.yaml";
	status.installed_unix_ns = 1'764'000'000'000'000'000;
	status.prefixes = 1234;
	status.uptime_ns = 320'000'000'000;
	status.interfaces = {{.name = "eth0", .index = 2, .mode = datapath::AttachMode::kNative, .generation = 4},
	                     {.name = "eth1", .index = 3, .mode = datapath::AttachMode::kGeneric, .generation = 3}};
	status.rates = {12345, 12000, 345, 98'700'000};
	status.kernel_bytes = 34ull << 20;
	status.daemon_bytes = 12ull << 20;
	return status;
}

TEST(CliRender, Status)
{
	EXPECT_EQ(render(example_status(), kPlain),
	          "sluiced     0.1.0, up 5m 20s\n"
	          "health      ok\n"
	          "mode        enforce, default allow\n"
	          "policy      /etc/sluice/policy.yaml, generation 4, 1 234 prefixes\n"
	          "installed   2025-11-24T16:00:00.000Z\n"
	          "digest      abcd\n"
	          "interfaces  eth0, native\n"
	          "            eth1, generic, generation 3\n"
	          "rates       12.3k packets/s, passed 12.0k, dropped 345; 98.7 Mbit/s\n"
	          "memory      kernel 34.0 MiB, daemon 12.0 MiB\n");
}

TEST(CliRender, StatusWhereCookiesAreWanted)
{
	control::Status status = example_status();
	const auto line = [&] {
		const std::string text = render(status, kPlain);
		const auto at = text.find("cookies ");
		return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
	};
	EXPECT_EQ(line(), "");
	status.cookies = control::Cookies{true, "", {}, 0, 0};
	EXPECT_EQ(line(), "cookies     ready, none sent; 0 handshakes completed by one, 0 refused by the stack");
	status.cookies = control::Cookies{true, "", 2'000'000'000, 7, 0};
	EXPECT_EQ(line(), "cookies     sent 2s ago; 7 handshakes completed by one, 0 refused by the stack");
	status.cookies = control::Cookies{false, "Linux 6.1", {}, 0, 1};
	EXPECT_EQ(line(), "cookies     not sent; 0 handshakes completed by one, 1 refused by the stack");
}

TEST(CliRender, StatusOfADaemonWithoutPolicyOrInterfaces)
{
	control::Status status = example_status();
	status.generation = 0;
	status.interfaces.clear();
	status.mode = policy::Mode::kObserve;
	status.degraded = true;
	status.warnings = {"list\x1b[2J"};
	const std::string text = render(status, kPlain);
	EXPECT_NE(text.find("health      degraded\n"), std::string::npos);
	EXPECT_NE(text.find("mode        observe (nothing is dropped), default allow\n"), std::string::npos);
	EXPECT_NE(text.find("policy      none installed\n"), std::string::npos);
	EXPECT_NE(text.find("interfaces  none (attach one"), std::string::npos);
	EXPECT_NE(text.find("warning     list?[2J\n"), std::string::npos);
}

TEST(CliRender, Bans)
{
	std::vector<control::BanRow> bans(2);
	bans[0] = {.prefix = *net::Prefix::parse("192.0.2.0/24"), .created_unix_ns = 1'764'000'000'000'000'000, .remaining_ns = 598'000'000'000, .why = "scans"};
	bans[1] = {.prefix = *net::Prefix::parse("2001:db8::1"), .created_unix_ns = 1'764'000'000'000'000'000};
	EXPECT_EQ(render(bans, kPlain),
	          "PREFIX            LEFT  SINCE                     WHY\n"
	          "192.0.2.0/24    9m 58s  2025-11-24T16:00:00.000Z  scans\n"
	          "2001:db8::1   for ever  2025-11-24T16:00:00.000Z\n");
	EXPECT_EQ(render(std::vector<control::BanRow>{}, kPlain), "no bans\n");
}

TEST(CliRender, DiagnosticsOneALineAllOfThem)
{
	const policy::Diagnostics diagnostics{{policy::Severity::kError, {"p.yaml", 3, 7}, "unknown key \"prots\"", "did you mean ports?"},
	                                      {policy::Severity::kWarning, {"p.yaml", 9, 1}, "no failsafe", ""}};
	EXPECT_EQ(render(diagnostics, kPlain),
	          "p.yaml:3:7: error: unknown key \"prots\" (did you mean ports?)\n"
	          "p.yaml:9:1: warning: no failsafe\n");
	EXPECT_TRUE(render(diagnostics, kTerminal).starts_with("\x1b[31m"));
}

TEST(CliRender, ADropInOneLine)
{
	control::Json event = {{"sequence", 7},
	                       {"at", "2026-11-24T05:02:41.123Z"},
	                       {"kind", "drop"},
	                       {"reason", "source-packets"},
	                       {"source", "192.0.2.7"},
	                       {"source_port", 51234},
	                       {"destination", "203.0.113.10"},
	                       {"destination_port", 443},
	                       {"protocol", "tcp"},
	                       {"service", "api"},
	                       {"rule", "api/each-source"},
	                       {"length", 60},
	                       {"interface", "eth0"},
	                       {"generation", 4},
	                       {"observed", false}};
	EXPECT_EQ(render_event(event, kPlain),
	          "2026-11-24T05:02:41.123Z  drop  source-packets  192.0.2.7:51234 > 203.0.113.10:443  tcp  60 B  service api  on eth0\n");
	event["observed"] = true;
	event["source"] = "2001:db8::1";
	event["source_port"] = 0;
	event["destination"] = "2001:db8::2";
	EXPECT_NE(render_event(event, kPlain).find("would drop  source-packets  2001:db8::1 > [2001:db8::2]:443"), std::string::npos);
}

TEST(CliRender, EventsOfOtherKindsShowWhatTheyHave)
{
	EXPECT_EQ(render_event({{"sequence", 8}, {"at", "T"}, {"kind", "ban"}, {"prefix", "192.0.2.7"}, {"why", "a\nb"}, {"expires_at", nullptr}}, kPlain),
	          "T  ban  prefix 192.0.2.7  why a?b\n");
	EXPECT_EQ(render_event({{"at", "T"}, {"kind", "policy"}, {"action", "installed"}, {"generation", 4}}, kPlain),
	          "T  policy installed  generation 4\n");
	EXPECT_EQ(render_event({1, 2}, kPlain), "[1,2]\n");
	EXPECT_EQ(render_event(control::Json::object(), kPlain), "  \n");
}

TEST(CliRender, JsonOfTextThatIsNoUtf8)
{
	EXPECT_NO_THROW(print_json({{"why", "\xff"}}));
	EXPECT_NO_THROW(render_event({{"kind", "ban"}, {"why", "\xff"}}, kPlain));
}

control::Json example_stats(std::uint64_t scale)
{
	const auto counted = [&](std::uint64_t packets) { return control::Json{{"packets", packets * scale}, {"bytes", packets * scale * 100}}; };
	control::Json json = counted(12);
	json["events_lost"] = 0;
	json["reasons"] = {{{"reason", "admitted"}, {"verdict", "pass"}}, {{"reason", "banned"}, {"verdict", "drop"}}, {{"reason", "fragment"}, {"verdict", "drop"}}};
	json["reasons"][0].update(counted(10));
	json["reasons"][1].update(counted(2));
	json["reasons"][2].update(counted(0));
	json["services"] = {{{"service", "api"}, {"retired", false}, {"passed", counted(10)}, {"dropped", counted(2)}, {"reasons", control::Json::array()}},
	                    {{"service", "old"}, {"retired", true}, {"passed", counted(1)}, {"dropped", counted(0)}}};
	json["rules"] = {{{"rule", "scanners"}, {"kind", "list"}, {"retired", false}}, {{"rule", "gone"}, {"kind", "limit"}, {"retired", true}}};
	json["rules"][0].update(counted(2));
	json["rules"][1].update(counted(5));
	return control::Json::parse(json.dump());
}

TEST(CliCounters, TablesByReasonServiceAndRule)
{
	const auto counters = parse_counters(example_stats(1));
	ASSERT_TRUE(counters) << counters.error().sentence();
	EXPECT_EQ(render(*counters, std::nullopt, false, kPlain),
	          "12 packets, 1.2 KiB\n"
	          "\n"
	          "REASON    VERDICT  PACKETS  BYTES\n"
	          "admitted  pass          10   1000\n"
	          "banned    drop           2    200\n"
	          "\n"
	          "SERVICE  PASSED  DROPPED  BYTES\n"
	          "api          10        2   1200\n"
	          "\n"
	          "RULE      KIND  PACKETS  BYTES\n"
	          "scanners  list        2    200\n");
}

TEST(CliCounters, AllShowsZeroesAndTheRetired)
{
	const auto counters = parse_counters(example_stats(1));
	ASSERT_TRUE(counters);
	const std::string text = render(*counters, std::nullopt, true, kPlain);
	EXPECT_NE(text.find("fragment "), std::string::npos);
	EXPECT_NE(text.find("contended "), std::string::npos);
	EXPECT_NE(text.find("old (retired)"), std::string::npos);
	EXPECT_NE(text.find("gone (retired)"), std::string::npos);
}

TEST(CliCounters, RatesAreBetweenTwoAnswers)
{
	const auto before = parse_counters(example_stats(1));
	const auto now = parse_counters(example_stats(1001));
	ASSERT_TRUE(before && now);
	const std::string text = render(*now, Before{*before, 2.0}, false, kPlain);
	EXPECT_NE(text.find("6.00k packets/s, 4.80 Mbit/s\n"), std::string::npos) << text;
	EXPECT_NE(text.find("REASON    VERDICT  PACKETS    BYTES  PACKETS/S  BITS/S\n"), std::string::npos) << text;
	EXPECT_NE(text.find("  5.00k   4.00M\n"), std::string::npos) << text;
}

TEST(CliCounters, CountersThatStartedAnewGiveNoNegativeRate)
{
	const auto before = parse_counters(example_stats(1001));
	const auto now = parse_counters(example_stats(1));
	ASSERT_TRUE(before && now);
	EXPECT_NE(render(*now, Before{*before, 1.0}, false, kPlain).find("12 packets/s"), std::string::npos);
}

TEST(CliCounters, AnAnswerThatIsNoneIsAnError)
{
	for (const char* text : {"{}", "[]", "null", R"({"packets":"1","bytes":1})"})
		EXPECT_FALSE(parse_counters(control::Json::parse(text))) << text;
	auto json = example_stats(1);
	json["services"][0].erase("passed");
	EXPECT_FALSE(parse_counters(json));
}

}  // namespace
}  // namespace sluice::cli
