// Verbs against a daemon that says what the test tells it: what is asked, what is printed, how it ends.
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "cli/command_line.h"
#include "control/messages.h"

namespace sluice::cli {
namespace {

// Answers one connection with fixed bytes and keeps what was asked.
class ScriptedDaemon {
public:
	explicit ScriptedDaemon(std::string answer) : answer_(std::move(answer))
	{
		char directory[] = "/tmp/sluice-cli-XXXXXX";
		directory_ = mkdtemp(directory);
		sockaddr_un address{.sun_family = AF_UNIX};
		std::strncpy(address.sun_path, socket().c_str(), sizeof(address.sun_path) - 1);
		listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && listen(listener_, 1) == 0)
			thread_ = std::thread([this] { serve(); });
	}

	~ScriptedDaemon()
	{
		shutdown(listener_, SHUT_RDWR);
		if (thread_.joinable())
			thread_.join();
		close(listener_);
		std::filesystem::remove_all(directory_);
	}

	std::string socket() const { return directory_ + "/control.sock"; }
	// "METHOD TARGET BODY"; the daemon is done then.
	std::string asked()
	{
		if (thread_.joinable())
			thread_.join();
		const std::size_t line = request_.find(" HTTP/1.1\r\n");
		const std::size_t body = request_.find("\r\n\r\n");
		return line == std::string::npos ? request_ : request_.substr(0, line) + " " + request_.substr(body + 4);
	}

private:
	void serve()
	{
		const int peer = accept(listener_, nullptr, nullptr);
		if (peer < 0)
			return;
		char buffer[4096];
		while (!complete()) {
			const ssize_t got = read(peer, buffer, sizeof(buffer));
			if (got <= 0)
				break;
			request_.append(buffer, static_cast<std::size_t>(got));
		}
		(void)!write(peer, answer_.data(), answer_.size());
		close(peer);
	}

	bool complete() const
	{
		const std::size_t end = request_.find("\r\n\r\n");
		if (end == std::string::npos)
			return false;
		const std::size_t length = request_.find("Content-Length: ");
		const std::size_t wanted = length == std::string::npos ? 0 : std::stoul(request_.substr(length + 16));
		return request_.size() >= end + 4 + wanted;
	}

	std::string answer_;
	std::string directory_;
	std::string request_;
	int listener_ = -1;
	std::thread thread_;
};

std::string http(const char* status, const std::string& body)
{
	return std::string("HTTP/1.1 ") + status + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
	       std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Ran {
	ExitCode code;
	std::string out;
	std::string err;
	std::string asked;
};

Ran run_against(const std::string& answer, std::vector<std::string> arguments)
{
	ScriptedDaemon daemon(answer);
	Ran ran{};
	text::Output out(ran.out, {});
	text::Output err(ran.err, {});
	arguments.insert(arguments.begin(), {"--socket", daemon.socket()});
	ran.code = run(arguments, out, err);
	ran.asked = daemon.asked();
	return ran;
}

TEST(CliVerbs, BanAsksForAllAddressesAtOnce)
{
	const auto ran = run_against(http("200 OK", R"({"banned":["192.0.2.7","198.51.100.0/24"]})"),
	                             {"ban", "192.0.2.7", "198.51.100.0/24", "--for", "1h30m", "--why", "scans"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_TRUE(ran.asked.starts_with("POST /v1/bans {")) << ran.asked;
	const auto body = control::Json::parse(ran.asked.substr(ran.asked.find('{')));
	EXPECT_EQ(body["prefixes"], (control::Json{"192.0.2.7", "198.51.100.0/24"}));
	EXPECT_EQ(body["duration_ns"], 5'400'000'000'000);
	EXPECT_EQ(body["why"], "scans");
	EXPECT_EQ(ran.out, "banned 192.0.2.7 for 1h 30m\nbanned 198.51.100.0/24 for 1h 30m\n");
}

TEST(CliVerbs, BanWithoutADurationStandsUntilLifted)
{
	const auto ran = run_against(http("200 OK", R"({"banned":["192.0.2.7"]})"), {"ban", "192.0.2.7"});
	EXPECT_EQ(ran.out, "banned 192.0.2.7 until lifted\n");
	EXPECT_TRUE(control::Json::parse(ran.asked.substr(ran.asked.find('{')))["duration_ns"].is_null());
}

TEST(CliVerbs, UnbanIsADelete)
{
	const auto ran = run_against(http("200 OK", R"({"unbanned":["192.0.2.7"]})"), {"unban", "192.0.2.7"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_TRUE(ran.asked.starts_with("DELETE /v1/bans {")) << ran.asked;
	EXPECT_EQ(ran.out, "lifted the ban of 192.0.2.7\n");
}

TEST(CliVerbs, AllowAndDenySayItOfAllAddressesAtOnce)
{
	const auto ran = run_against(http("200 OK", R"({"allowed":["192.0.2.7","198.51.100.0/24"]})"),
	                             {"allow", "192.0.2.7", "198.51.100.0/24", "--for", "2h", "--why", "a customer"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_TRUE(ran.asked.starts_with("POST /v1/overlay {")) << ran.asked;
	const auto body = control::Json::parse(ran.asked.substr(ran.asked.find('{')));
	EXPECT_EQ(body["action"], "allow");
	EXPECT_EQ(body["prefixes"], (control::Json{"192.0.2.7", "198.51.100.0/24"}));
	EXPECT_EQ(body["duration_ns"], 7'200'000'000'000);
	EXPECT_EQ(body["why"], "a customer");
	EXPECT_EQ(ran.out, "allowed 192.0.2.7 for 2h\nallowed 198.51.100.0/24 for 2h\n");

	const auto denied = run_against(http("200 OK", R"({"denied":["2001:db8::/32"]})"), {"deny", "2001:db8::/32"});
	EXPECT_EQ(denied.out, "denied 2001:db8::/32 until forgotten\n");
	const auto said = control::Json::parse(denied.asked.substr(denied.asked.find('{')));
	EXPECT_EQ(said["action"], "deny");
	EXPECT_TRUE(said["duration_ns"].is_null());
}

TEST(CliVerbs, WhatTheOverlayCannotHoldIsRefusedBeforeTheDaemonIsAsked)
{
	for (const auto& wrong : std::vector<std::vector<std::string>>{{"deny", "192.0.2.7/24"},
	                                                               {"deny", "192.0.2.7", "--for", "0s"},
	                                                               {"deny", "192.0.2.7", "--for", "soon"},
	                                                               {"allow", "192.0.2.7", "--why", std::string(48, 'w')},
	                                                               {"forget", "nobody"}}) {
		std::vector<std::string> arguments = {"--socket", "/nonexistent/sluice.sock"};
		arguments.insert(arguments.end(), wrong.begin(), wrong.end());
		Ran ran{};
		text::Output out(ran.out, {}), err(ran.err, {});
		ran.code = run(arguments, out, err);
		EXPECT_EQ(ran.code, ExitCode::kWrong) << wrong.at(0) << ": " << ran.err;
		EXPECT_TRUE(ran.err.starts_with("sluice: " + wrong.at(0) + ": ")) << ran.err;
	}
}

TEST(CliVerbs, ForgetIsADeleteAndOverlayAList)
{
	const auto ran = run_against(http("200 OK", R"({"forgotten":["192.0.2.7"]})"), {"forget", "192.0.2.7"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_TRUE(ran.asked.starts_with("DELETE /v1/overlay {")) << ran.asked;
	EXPECT_EQ(ran.out, "forgot 192.0.2.7: the lists decide\n");

	const auto listed = run_against(
	    http("200 OK", R"({"overlay":[{"prefix":"192.0.2.7","action":"allow","created_at":"2026-05-01T10:00:00Z","expires_at":null,)"
	                   R"("remaining_ns":null,"uid":1000,"user":"alice","why":"a customer"},{"prefix":"2001:db8::/32","action":"deny",)"
	                   R"("created_at":"2026-05-01T10:00:00Z","expires_at":"2026-05-01T11:00:00Z","remaining_ns":60000000000,"uid":1001,)"
	                   R"("user":"","why":""}]})"),
	    {"overlay"});
	EXPECT_EQ(listed.code, ExitCode::kDone) << listed.err;
	EXPECT_EQ(listed.out, "PREFIX         ACTION      LEFT  SINCE                     BY     WHY\n"
	                      "192.0.2.7      allow   for ever  2026-05-01T10:00:00.000Z  alice  a customer\n"
	                      "2001:db8::/32  deny          1m  2026-05-01T10:00:00.000Z  1001\n");
	EXPECT_EQ(run_against(http("200 OK", R"({"overlay":[]})"), {"overlay"}).out, "no entries\n");
}

TEST(CliVerbs, AnErrorOfTheDaemonIsOneLineWithItsAdvice)
{
	const auto ran = run_against(
	    http("404 Not Found", R"({"error":{"code":"not_found","message":"no ban of 192.0.2.7 stands","advice":"see `sluice bans`"}})"),
	    {"unban", "192.0.2.7"});
	EXPECT_EQ(ran.code, ExitCode::kFailed);
	EXPECT_EQ(ran.out, "");
	EXPECT_EQ(ran.err, "sluice: unban: no ban of 192.0.2.7 stands (see `sluice bans`)\n");
}

TEST(CliVerbs, ApplySendsAnAbsolutePath)
{
	const auto ran = run_against(
	    http("200 OK", R"({"generation":4,"digest":"ab","changed":true,"services":3,"limits":12,"prefixes":104312,"warnings":[]})"), {"apply", "sub/../p.yaml"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	const auto body = control::Json::parse(ran.asked.substr(ran.asked.find('{')));
	EXPECT_EQ(body["path"], (std::filesystem::current_path() / "p.yaml").string());
	EXPECT_EQ(body["observe"], false);
	EXPECT_EQ(ran.out, "generation 4 installed: 3 services, 12 limits, 104 312 prefixes\n");
}

TEST(CliVerbs, ApplyOfTheRunningPolicySaysSo)
{
	const auto ran = run_against(
	    http("200 OK", R"({"generation":4,"digest":"ab","changed":false,"services":1,"limits":0,"prefixes":1,"warnings":["no failsafe"]})"),
	    {"apply", "p.yaml"});
	EXPECT_EQ(ran.out, "generation 4 unchanged: 1 service, 0 limits, 1 prefix\n");
	EXPECT_EQ(ran.err, "no failsafe\n");
}

TEST(CliVerbs, ApplyToObserveSaysWhoDecidesAndWhatComesNext)
{
	const auto ran = run_against(
	    http("200 OK", R"({"generation":4,"digest":"ab","changed":false,"services":1,"limits":0,"prefixes":1,"warnings":[],)"
	                   R"("shadow":{"path":"/etc/new.yaml","digest":"cd","since":"2026-05-01T10:00:00Z"},"dropped":null})"),
	    {"apply", "p.yaml", "--observe"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_EQ(ran.out, "/etc/new.yaml is shadowed; generation 4 decides (sluice stats shows where they disagree, then sluice promote or sluice rollback)\n");
	EXPECT_EQ(control::Json::parse(ran.asked.substr(ran.asked.find('{')))["observe"], true);
}

TEST(CliVerbs, PromoteIsAskedForAsApplyIs)
{
	const auto ran = run_against(
	    http("200 OK", R"({"generation":5,"digest":"cd","changed":true,"services":1,"limits":0,"prefixes":1,"warnings":[]})"),
	    {"promote", "--confirm", "60s", "--force"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_EQ(ran.out, "generation 5 installed: 1 service, 0 limits, 1 prefix\n");
	EXPECT_EQ(ran.asked.substr(0, 17), "POST /v1/promote ");
	const auto body = control::Json::parse(ran.asked.substr(ran.asked.find('{')));
	EXPECT_EQ(body["confirm_ns"], 60'000'000'000u);
	EXPECT_EQ(body["force"], true);
}

TEST(CliVerbs, RollbackOfAShadowSaysWhatGoesOn)
{
	const auto ran = run_against(
	    http("200 OK", R"({"generation":4,"digest":"ab","changed":false,"services":1,"limits":0,"prefixes":1,"warnings":[],)"
	                   R"("shadow":null,"dropped":{"path":"/etc/new.yaml","digest":"cd","since":"2026-05-01T10:00:00Z"}})"),
	    {"rollback"});
	EXPECT_EQ(ran.out, "/etc/new.yaml is no longer shadowed; generation 4 goes on\n");
}

TEST(CliVerbs, ApplyPrintsEveryDiagnosticAndExitsWith2)
{
	const std::string body =
	    R"({"diagnostics":[{"severity":"error","file":"/p.yaml","line":3,"column":7,"message":"unknown key","hint":"ports"},)"
	    R"({"severity":"error","file":"/p.yaml","line":9,"column":1,"message":"overlap","hint":""}]})";
	const auto ran = run_against(http("422 Unprocessable Entity", body), {"apply", "p.yaml"});
	EXPECT_EQ(ran.code, ExitCode::kWrong);
	EXPECT_EQ(ran.out, "");
	EXPECT_EQ(ran.err, "/p.yaml:3:7: error: unknown key (ports)\n/p.yaml:9:1: error: overlap\n");
	const auto json = run_against(http("422 Unprocessable Entity", body), {"apply", "p.yaml", "--json"});
	EXPECT_EQ(json.code, ExitCode::kWrong);
	EXPECT_EQ(control::Json::parse(json.out)["diagnostics"].size(), 2u);
}

TEST(CliVerbs, AttachSaysTheModeThatTheKernelReports)
{
	const auto ran = run_against(http("200 OK", R"({"name":"eth0","index":2,"mode":"generic","generation":4})"), {"attach", "eth0"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_EQ(ran.out, "attached to eth0 in generic mode, generation 4\n");
}

TEST(CliVerbs, DetachEncodesTheName)
{
	const auto ran = run_against(http("200 OK", "{}"), {"detach", "eth0@1"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_TRUE(ran.asked.starts_with("DELETE /v1/interfaces/eth0%401 ")) << ran.asked;
}

TEST(CliVerbs, EventsAreRenderedLineByLine)
{
	const std::string first = R"({"sequence":1,"at":"T1","kind":"ban","prefix":"192.0.2.7"})" "\n";
	const std::string second = R"({"sequence":2,"at":"T2","kind":"unban","prefix":"192.0.2.7"})" "\n";
	const auto ran = run_against(http("200 OK", first + second), {"events", "--reason", "banned"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_TRUE(ran.asked.starts_with("GET /v1/events?reason=banned ")) << ran.asked;
	EXPECT_EQ(ran.out, "T1  ban  prefix 192.0.2.7\nT2  unban  prefix 192.0.2.7\n");
}

TEST(CliVerbs, JsonIsWhatTheDaemonSaid)
{
	const auto ran = run_against(http("200 OK", R"({"bans":[],"added_later":1})"), {"bans", "--json"});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_EQ(control::Json::parse(ran.out), (control::Json{{"bans", control::Json::array()}, {"added_later", 1}}));
}

TEST(CliVerbs, AnAnswerThatIsNoJsonIsAnErrorNotACrash)
{
	for (const char* body : {"<html>", "", "{\"bans\":7}"}) {
		const auto ran = run_against(http("200 OK", body), {"bans"});
		EXPECT_NE(ran.code, ExitCode::kDone) << body;
		EXPECT_EQ(ran.out, "");
		EXPECT_TRUE(ran.err.starts_with("sluice: bans: ")) << ran.err;
	}
}

TEST(CliVerbs, ReasonsAreExplainedWithoutADaemon)
{
	std::string text;
	text::Output out(text, {});
	EXPECT_EQ(run({"--socket", "/nonexistent/x", "events", "--reasons"}, out, out), ExitCode::kDone);
	EXPECT_NE(text.find("contended"), std::string::npos);
	text.clear();
	EXPECT_EQ(run({"events", "--reasons", "--json"}, out, out), ExitCode::kDone);
	EXPECT_EQ(control::Json::parse(text)["reasons"][0]["reason"], "internal");
}

}  // namespace
}  // namespace sluice::cli
