// `sluice test`: a policy's own unit tests.
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/expectations.h"
#include "control/messages.h"
#include "support/tree.h"
#include "unit/control_fixture.h"
#include "unit/policy_text.h"

namespace sluice::cli {
namespace {

constexpr const char* kPolicy =
	"version: 1\n"
	"sources:\n  - {name: bad, action: deny, prefixes: [192.0.2.0/24]}\n"
	"services:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 10/s}}\n";

class CliTest : public testing::Test {
protected:
	CliTest() { directory_.write("policy.yaml", kPolicy); }

	ExitCode test(const std::string& tests, std::vector<std::string> more = {})
	{
		directory_.write("t.yaml", "version: 1\npolicy: policy.yaml\n" + tests);
		out_.clear();
		err_.clear();
		text::Output out(out_, {});
		text::Output err(err_, {});
		more.insert(more.end(), {"test", directory_.at("t.yaml")});
		return run(more, out, err);
	}

	test::Directory directory_;
	std::string out_;
	std::string err_;
};

TEST_F(CliTest, AllAsExpected)
{
	EXPECT_EQ(test("tests:\n"
		       "  - {name: a, packet: {from: 192.0.2.1, to: '203.0.113.1:443'}, expect: drop, reason: listed-deny, rule: bad, service: api, limit: none}\n"
		       "  - {name: b, packet: {from: 198.51.100.1, to: '203.0.113.1:443'}, expect: pass, limit: api/each-source}\n"),
		  ExitCode::kDone)
		<< out_ << err_;
	EXPECT_EQ(out_, directory_.at("t.yaml") + ": 2 tests, all as expected\n");
	EXPECT_EQ(err_, "");
}

TEST_F(CliTest, EveryFailureIsOneLineWithItsPlace)
{
	EXPECT_EQ(test("tests:\n"
		       "  - {name: a, packet: {from: 192.0.2.1, to: '203.0.113.1:443'}, expect: pass, rule: none}\n"
		       "  - {name: b, packet: {from: 198.51.100.1, to: '203.0.113.1:443'}, expect: pass, service: web, reason: listed, limit: x}\n"
		       "  - {name: c, packet: {from: 198.51.100.1, to: '203.0.113.1:443'}, expect: pass, limit: none}\n"
		       "  - {name: d, packet: {from: 198.51.100.1, to: '203.0.113.1:443'}, expect: pass}\n"),
		  ExitCode::kFailed);
	const std::string file = directory_.at("t.yaml");
	EXPECT_EQ(out_, file + ":4:5: failed: a: the verdict is drop, not pass; the rule is bad, not none\n" +
				file + ":5:5: failed: b: the reason is admitted, not listed; the service is api, not web; the limit x is not asked; asked: api/each-source\n" +
				file + ":6:5: failed: c: the limit is api/each-source, not none\n" + file + ": 3 of 4 tests failed\n");
}

TEST_F(CliTest, JsonHasEveryTest)
{
	EXPECT_EQ(test("bans: 198.51.100.0/24\ntests:\n  - {name: a, packet: {from: 198.51.100.1, to: '203.0.113.1:443', syn: true}, expect: pass}\n", {"--json"}),
		  ExitCode::kFailed);
	const auto json = control::parse_json(out_);
	ASSERT_TRUE(json) << out_;
	EXPECT_EQ((*json)["failed"], 1);
	EXPECT_EQ((*json)["tests"][0]["reason"], "banned");
	EXPECT_EQ((*json)["tests"][0]["line"], 5);
	EXPECT_EQ((*json)["tests"][0]["as_expected"], false);
}

TEST_F(CliTest, ObserveModeIsJudgedAsIfEnforced)
{
	directory_.write("policy.yaml", "mode: observe\n" + std::string(kPolicy));
	EXPECT_EQ(test("tests:\n  - {name: a, packet: {from: 192.0.2.1, to: '203.0.113.1:443'}, expect: drop}\n"), ExitCode::kDone) << out_ << err_;
}

TEST_F(CliTest, AWrongFileSaysEverythingAtOnceWithPlaces)
{
	EXPECT_EQ(test("bans: [x]\n"
		       "tests:\n"
		       "  - {packet: {from: 192.0.2.1, to: '203.0.113.1:443'}}\n"
		       "  - {name: a, expect: allow, reason: listed-denied}\n"
		       "  - {name: b, packet: {from: nowhere, port: 3}, expect: pass}\n"
		       "  - {name: c, packet: {from: 192.0.2.1, to: 203.0.113.1}, expect: pass}\n"
		       "  - {name: d, packet: {from: 192.0.2.1, to: 203.0.113.1, protocol: icmp, icmp-type: 256, syn: perhaps}, expect: pass}\n"
		       "  - {name: e, packet: {from: 192.0.2.1, to: 203.0.113.1, protocol: tpc}, expect: pass}\n"),
		  ExitCode::kWrong);
	EXPECT_EQ(out_, "");
	std::string said = err_;
	const std::string file = directory_.at("t.yaml") + ":";
	for (auto at = said.find(file); at != std::string::npos; at = said.find(file))
		said.erase(at, file.size());
	EXPECT_EQ(said,
		  "3:8: error: bans: 'x' is not an address or a prefix\n"
		  "5:5: error: a test has no name (its failure is told under its name)\n"
		  "5:5: error: a test expects nothing (write expect: pass, or expect: drop)\n"
		  "6:5: error: a test has no packet (write packet: {from: 192.0.2.1, to: \"203.0.113.10:443\"})\n"
		  "6:23: error: expect is 'allow' (write one of pass, drop)\n"
		  "6:38: error: there is no reason 'listed-denied' (did you mean 'listed-deny'?)\n"
		  "7:39: error: unknown key 'port' in a packet (known are from, to, protocol, syn, fragment, icmp-type, length)\n"
		  "7:30: error: from: 'nowhere' is not an address (write ADDRESS, 192.0.2.1:PORT or [2001:db8::1]:PORT)\n"
		  "7:23: error: a packet has no 'to' (write from: 192.0.2.1, to: \"203.0.113.10:443\")\n"
		  "8:23: error: packet: a tcp packet goes to a port, and '203.0.113.1' names none (write 203.0.113.1:443 for port 443)\n"
		  "9:95: error: syn is 'perhaps' (write one of true, false)\n"
		  "9:85: error: icmp-type is out of range (from 0 to 255)\n"
		  "10:68: error: protocol: 'tpc' is not a protocol (write tcp, udp, icmp, icmpv6, gre, esp, sctp, or a number from 0 to 255)\n");
}

TEST_F(CliTest, AWrongPolicyIsWrong)
{
	directory_.write("policy.yaml", "version: 2\n");
	EXPECT_EQ(test("tests:\n  - {name: a, packet: {from: 192.0.2.1, to: '203.0.113.1:443'}, expect: drop}\n"), ExitCode::kWrong);
	EXPECT_NE(err_.find(directory_.at("policy.yaml") + ":1:10: error: version is '2'"), std::string::npos) << err_;
}

TEST_F(CliTest, WhatIsNoFileOfTests)
{
	for (const auto& [text, said] : std::map<std::string, std::string>{{"", "the file is empty"},
									     {"version: 1\n", "no policy is named"},
									     {"version: 1\npolicy: p\n", "there are no tests"},
									     {"policy: p\ntests: [a]\n", "version is missing"},
									     {"version: 3\npolicy: p\ntests: [a]\n", "this program knows version 1"},
									     {"version: 1\npolicy: p\ntests: []\n", "tests is an empty list"},
									     {"version: 1\npolicy: p\ntests: [a]\n", "a test is text, not a mapping"},
									     {"[", "not YAML"}}) {
		const auto parsed = parse_expectations(text, "t.yaml");
		EXPECT_FALSE(parsed.expectations);
		EXPECT_NE(policy::all_of(parsed.diagnostics).find(said), std::string::npos) << text << policy::all_of(parsed.diagnostics);
	}
	text::Output out(out_, {});
	text::Output err(err_, {});
	EXPECT_EQ(run({"test", "/nonexistent.yaml"}, out, err), ExitCode::kWrong);
}

TEST_F(CliTest, TheShippedExampleIsAsExpected)
{
	text::Output out(out_, {});
	text::Output err(err_, {});
	EXPECT_EQ(run({"test", test::in_tree("packaging/examples/policy.test.yaml")}, out, err), ExitCode::kDone) << out_ << err_;
}

}  // namespace
}  // namespace sluice::cli
