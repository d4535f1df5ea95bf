// The command's grammar: verbs, options before and after them, help, versions, mistakes.
#include <gtest/gtest.h>

#include "unit/cli_run.h"

namespace sluice::cli {
namespace {

class CommandLineTest : public testing::Test {
protected:
	CommandLineTest()
	{
		const auto note = [this](const char* name) {
			return [this, name](Context& context) {
				ran_ = name;
				json_ = context.globals.json;
				socket_ = context.globals.socket;
				return ExitCode::kDone;
			};
		};
		line_.add({.name = "status", .summary = "s", .text = "t", .example = "e"}, note("status"));
		CLI::App& ban = line_.add({.name = "ban", .summary = "s", .text = "t", .example = "e"}, note("ban"));
		ban.add_option("address", addresses_)->required();
	}

	std::string parse(std::vector<std::string> arguments)
	{
		auto outcome = line_.parse(std::move(arguments));
		if (!outcome)
			return outcome.error().sentence();
		if (auto* answer = std::get_if<CommandLine::Answer>(&*outcome))
			return answer->text;
		std::string text;
		text::Output out(text, {});
		Context context{line_.globals(), out, out};
		std::get<cli::Run>(*outcome)(context);
		return {};
	}

	CommandLine line_;
	std::vector<std::string> addresses_;
	std::string ran_;
	std::string socket_;
	bool json_ = false;
};

TEST_F(CommandLineTest, GlobalsBeforeTheVerb)
{
	EXPECT_EQ(parse({"--json", "--socket", "/x", "status"}), "");
	EXPECT_EQ(ran_, "status");
	EXPECT_TRUE(json_);
	EXPECT_EQ(socket_, "/x");
}

TEST_F(CommandLineTest, GlobalsAfterTheVerb)
{
	EXPECT_EQ(parse({"ban", "192.0.2.1", "--json", "--socket=/x", "192.0.2.2"}), "");
	EXPECT_EQ(ran_, "ban");
	EXPECT_TRUE(json_);
	EXPECT_EQ(socket_, "/x");
	EXPECT_EQ(addresses_, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
}

TEST_F(CommandLineTest, DefaultsAreTheContract)
{
	EXPECT_EQ(parse({"status"}), "");
	EXPECT_EQ(socket_, "/run/sluice/control.sock");
	EXPECT_EQ(line_.globals().pins, "/sys/fs/bpf/sluice");
	EXPECT_FALSE(json_);
}

TEST_F(CommandLineTest, AnArgumentNamedLikeAVerbIsAnArgument)
{
	EXPECT_EQ(parse({"ban", "status"}), "");
	EXPECT_EQ(ran_, "ban");
	EXPECT_EQ(addresses_, (std::vector<std::string>{"status"}));
}

TEST_F(CommandLineTest, UnknownVerbSuggestsTheNearest)
{
	EXPECT_EQ(parse({"stauts"}), "there is no verb \"stauts\" (did you mean `sluice status`?)");
	EXPECT_EQ(parse({"--json", "stat"}), "there is no verb \"stat\" (did you mean `sluice status`?)");
	EXPECT_EQ(parse({"frobnicate"}), "there is no verb \"frobnicate\" (see `sluice --help`)");
}

TEST_F(CommandLineTest, MistakesSayWhereHelpIs)
{
	EXPECT_EQ(parse({}), "a verb is missing (see `sluice --help`)");
	EXPECT_EQ(parse({"status", "--frob"}), "\"--frob\" is not understood here (see `sluice status --help`)");
	EXPECT_EQ(parse({"status", "more"}), "\"more\" is not understood here (see `sluice status --help`)");
	EXPECT_EQ(parse({"--frob", "status"}), "\"--frob\" is not understood here (see `sluice status --help`)");
	EXPECT_NE(parse({"ban"}).find("(see `sluice ban --help`)"), std::string::npos);
}

TEST_F(CommandLineTest, HelpIsAskedForInThreeWays)
{
	const std::string help = parse({"ban", "--help"});
	EXPECT_NE(help.find("Exit codes:"), std::string::npos);
	EXPECT_NE(help.find("Examples:"), std::string::npos);
	EXPECT_EQ(parse({"help", "ban"}), help);
	EXPECT_EQ(parse({"help"}), parse({"--help"}));
}

TEST(CliNearest, OnlyWhatIsNear)
{
	const std::vector<std::string> verbs{"ban", "bans", "unban", "status", "stats", "panic"};
	EXPECT_EQ(nearest("bann", verbs), "ban");
	EXPECT_EQ(nearest("unbann", verbs), "unban");
	EXPECT_EQ(nearest("pan", verbs), "panic");
	EXPECT_EQ(nearest("x", verbs), "");
	EXPECT_EQ(nearest("", verbs), "");
	EXPECT_EQ(nearest("completely-else", verbs), "");
}

TEST(CliCommand, EveryVerbTeaches)
{
	for (const char* verb : {"check", "apply", "status", "stats", "top", "events", "ban", "unban", "bans", "attach", "detach", "panic"}) {
		const auto ran = run_command({verb, "--help"});
		EXPECT_EQ(ran.code, ExitCode::kDone) << verb;
		EXPECT_NE(ran.out.find("Examples:\n  sluice "), std::string::npos) << verb;
		EXPECT_NE(ran.out.find("Exit codes:"), std::string::npos) << verb;
		EXPECT_EQ(ran.err, "") << verb;
	}
}

TEST(CliCommand, VersionIsOneLine)
{
	const auto ran = run_command({"--version"});
	EXPECT_EQ(ran.code, ExitCode::kDone);
	EXPECT_EQ(ran.out, std::string("sluice ") + SLUICE_VERSION + "\n");
}

TEST(CliCommand, UsageErrorsAreOneLineAndExitWith2)
{
	const auto ran = run_command({"atach"});
	EXPECT_EQ(ran.code, ExitCode::kWrong);
	EXPECT_EQ(ran.out, "");
	EXPECT_EQ(ran.err, "sluice: usage: there is no verb \"atach\" (did you mean `sluice attach`?)\n");
}

TEST(CliCommand, WithoutADaemonEveryVerbThatNeedsItExitsWith3)
{
	const std::vector<std::vector<std::string>> commands{
	    {"status"}, {"stats"}, {"top", "--once"}, {"events"}, {"bans"}, {"ban", "192.0.2.1"}, {"unban", "192.0.2.1"}, {"attach", "eth9"}, {"detach", "eth9"}};
	for (auto command : commands) {
		command.insert(command.begin(), {"--socket", "/nonexistent/sluice.sock"});
		const auto ran = run_command(command);
		EXPECT_EQ(ran.code, ExitCode::kUnreachable) << command[2];
		EXPECT_EQ(ran.out, "") << command[2];
		EXPECT_TRUE(ran.err.starts_with("sluice: ")) << ran.err;
		EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
		EXPECT_NE(ran.err.find('('), std::string::npos) << "no advice: " << ran.err;
	}
}

TEST(CliCommand, WrongArgumentsExitWith2BeforeAnybodyIsAsked)
{
	const std::vector<std::vector<std::string>> commands{
	    {"ban"}, {"ban", "192.0.2.300"}, {"ban", "192.0.2.1/24"}, {"ban", "192.0.2.1", "--for", "soon"}, {"ban", "192.0.2.1", "--for", "0s"},
	    {"unban", "nobody"}, {"attach"}, {"attach", "eth9", "--mode", "magic"}, {"attach", "a-name-that-is-too-long"}, {"attach", "a/b"},
	    {"detach"}, {"events", "--reason", "bored"}, {"stats", "--interval", "fast", "--watch"}, {"top", "--interval", "fast"}, {"top", "--rows", "0"}, {"check"}, {"apply"}};
	for (auto command : commands) {
		command.insert(command.begin(), {"--socket", "/nonexistent/sluice.sock"});
		const auto ran = run_command(command);
		EXPECT_EQ(ran.code, ExitCode::kWrong) << testing::PrintToString(command) << ran.err;
		EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
	}
}

TEST(CliCommand, AnUnknownReasonSuggestsTheNearest)
{
	const auto ran = run_command({"events", "--reason", "source-packet"});
	EXPECT_EQ(ran.code, ExitCode::kWrong);
	EXPECT_NE(ran.err.find("source-packets"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace sluice::cli
