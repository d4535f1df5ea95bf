// `sluice diff`: two files, a daemon that runs a policy, and how it ends.
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "control/diff_messages.h"
#include "unit/daemon_fixture.h"

namespace sluice::cli {
namespace {

struct Ended {
	ExitCode code = ExitCode::kFailed;
	std::string out;
	std::string err;
};

Ended sluice(const std::vector<std::string>& arguments)
{
	Ended ended;
	text::Output out(ended.out, {});
	text::Output err(ended.err, {});
	ended.code = run(arguments, out, err);
	return ended;
}

constexpr const char* kOld = "version: 1\nsources:\n  - {name: bad, action: deny, prefixes: [192.0.2.0/24]}\n";
constexpr const char* kNew =
	"version: 1\n"
	"failsafe:\n  - {protocol: tcp, port: 22, from: ['2001:db8::/32']}\n"
	"sources:\n  - {name: bad, action: deny, prefixes: [192.0.2.0/25, 198.51.100.7]}\n"
	"services:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 10/s}}\n";

class CliDiff : public testing::Test {
protected:
	CliDiff()
	{
		directory_.write("old.yaml", kOld);
		directory_.write("new.yaml", kNew);
	}
	std::string at(const std::string& name) const { return directory_.at(name); }

	test::Directory directory_;
};

TEST_F(CliDiff, TwoFilesAreComparedWithoutADaemon)
{
	const auto ended = sluice({"--socket", "/nonexistent", "diff", at("new.yaml"), "--against", at("old.yaml")});
	EXPECT_EQ(ended.code, ExitCode::kDone) << ended.err;
	EXPECT_EQ(ended.out, at("old.yaml") + " -> " + at("new.yaml") +
				     ": 4 changes\n"
				     "  + failsafe gained: tcp port 22 from 2^96 IPv6 addresses in 1 prefix: 2001:db8::/32\n"
				     "  - sources become denied: 1 address in 1 prefix: 198.51.100.7\n"
				     "      allowed by default -> denied by list 'bad'\n"
				     "  + sources become allowed: 128 addresses in 1 prefix: 192.0.2.128/25\n"
				     "      denied by list 'bad' -> allowed by default\n"
				     "  + service added: api: tcp 443 at every address, admits anyone; each source (/32 and /64): packets 10/s, burst 10\n");
	const auto back = sluice({"diff", at("old.yaml"), "--against", at("new.yaml")});
	EXPECT_NE(back.out.find("! FAILSAFE LOST: tcp port 22 from 2^96 IPv6 addresses"), std::string::npos) << back.out;
}

TEST_F(CliDiff, TheExitCodeTellsOnlyWhenAsked)
{
	EXPECT_EQ(sluice({"diff", at("new.yaml"), "--against", at("old.yaml"), "--exit-code"}).code, ExitCode::kFailed);
	const auto same = sluice({"diff", at("new.yaml"), "--against", at("new.yaml"), "--exit-code"});
	EXPECT_EQ(same.code, ExitCode::kDone);
	EXPECT_EQ(same.out, at("new.yaml") + " -> " + at("new.yaml") + ": no difference\n");
}

TEST_F(CliDiff, JsonHasExactCounts)
{
	const auto ended = sluice({"--json", "diff", at("new.yaml"), "--against", at("old.yaml")});
	const auto json = control::parse_json(ended.out);
	ASSERT_TRUE(json);
	EXPECT_EQ((*json)["differs"], true);
	const auto& failsafe = (*json)["changes"][0];
	EXPECT_EQ(failsafe["part"], "failsafe");
	EXPECT_EQ(failsafe["change"], "gained");
	EXPECT_EQ(failsafe["sources"]["ipv4_addresses"], 0);
	EXPECT_EQ(failsafe["sources"]["ipv6_addresses"], "79228162514264337593543950336");
	EXPECT_EQ((*json)["changes"][2]["sources"]["ipv4_addresses"], 128);
	// What is printed is what a client reads.
	const auto reply = control::parse_diff_reply(*json);
	ASSERT_TRUE(reply) << reply.error().sentence();
	EXPECT_EQ(control::to_json(std::get<control::Difference>(*reply)), *json);
}

TEST_F(CliDiff, EverythingWrongInEitherFileIsSaid)
{
	directory_.write("wrong.yaml", "version: 1\nmood: x\n");
	const auto ended = sluice({"diff", at("wrong.yaml"), "--against", at("gone.yaml")});
	EXPECT_EQ(ended.code, ExitCode::kWrong);
	EXPECT_EQ(ended.out, "");
	EXPECT_NE(ended.err.find("gone.yaml: error: No such file"), std::string::npos) << ended.err;
	EXPECT_NE(ended.err.find("wrong.yaml:2:1: error: unknown key"), std::string::npos) << ended.err;
}

TEST_F(CliDiff, WithoutADaemonItSaysSo)
{
	EXPECT_EQ(sluice({"--socket", at("nobody.sock"), "diff", at("new.yaml")}).code, ExitCode::kUnreachable);
}

TEST_F(CliDiff, ARunningDaemonIsAskedAndNothingChanges)
{
	test::DaemonHost host;
	host.directory.write("policy.yaml", kOld);
	test::RunningDaemon daemon(host);
	ASSERT_FALSE(daemon.failure) << daemon.failure->sentence();
	const auto generation = daemon.generation();
	const auto ended = sluice({"--socket", host.options.socket, "diff", at("new.yaml")});
	EXPECT_EQ(ended.code, ExitCode::kDone) << ended.err;
	EXPECT_EQ(ended.out.find("generation " + std::to_string(generation) + " (" + host.path() + ") -> " + at("new.yaml") + ": 4 changes\n"), 0u)
		<< ended.out;
	EXPECT_EQ(daemon.generation(), generation);

	directory_.write("wrong.yaml", "version: 1\nmood: x\n");
	const auto wrong = sluice({"--socket", host.options.socket, "diff", at("wrong.yaml")});
	EXPECT_EQ(wrong.code, ExitCode::kWrong);
	EXPECT_NE(wrong.err.find("wrong.yaml:2:1: error: unknown key"), std::string::npos) << wrong.err;

	// Once applied, it is what runs.
	EXPECT_EQ(sluice({"--socket", host.options.socket, "apply", at("new.yaml")}).code, ExitCode::kDone);
	const auto none = sluice({"--socket", host.options.socket, "diff", at("new.yaml"), "--exit-code"});
	EXPECT_EQ(none.code, ExitCode::kDone) << none.out << none.err;
}

TEST_F(CliDiff, AfterARestartTheFilesTellWhatRunsOrTheDaemonSaysThatNobodyKnows)
{
	test::DaemonHost host;
	host.directory.write("policy.yaml", kOld);
	{
		test::RunningDaemon first(host);
		ASSERT_FALSE(first.failure);
	}
	{
		test::RunningDaemon again(host);
		ASSERT_FALSE(again.failure);
		EXPECT_EQ(sluice({"--socket", host.options.socket, "diff", at("old.yaml"), "--exit-code"}).code, ExitCode::kDone);
	}
	host.directory.write("policy.yaml", "version: 1\nmood: x\n");
	test::RunningDaemon degraded(host);
	ASSERT_FALSE(degraded.failure) << degraded.failure->sentence();
	const auto ended = sluice({"--socket", host.options.socket, "diff", at("old.yaml")});
	EXPECT_EQ(ended.code, ExitCode::kFailed);
	EXPECT_NE(ended.err.find("its files say something else now (compare files: sluice diff FILE --against FILE"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace sluice::cli
