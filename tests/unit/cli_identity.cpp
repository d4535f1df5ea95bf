// `sluice identity` and `sluice audit` as people use them: against a daemon without a kernel, and against files.
#include <gtest/gtest.h>

#include "base/file.h"
#include "telemetry/audit.h"
#include "unit/cli_run.h"
#include "unit/daemon_fixture.h"

namespace sluice::cli {
namespace {

class CliAudit : public testing::Test {
protected:
	void SetUp() override
	{
		telemetry::AuditEnd end;
		for (int i = 1; i <= 4; i++) {
			const auto line = telemetry::next_line(end, {{"event", "granted"}, {"number", i}});
			ASSERT_TRUE(line);
			(i <= 2 ? older_ : newer_) += line->text;
			end = line->end;
			hashes_.push_back(end.hash);
		}
		directory_.write("older", older_);
		directory_.write("newer", newer_);
	}

	test::Directory directory_;
	std::string older_;
	std::string newer_;
	std::vector<std::string> hashes_;
};

TEST_F(CliAudit, AWholeChainOverSeveralFiles)
{
	const auto ran = run_command({"audit", "verify", directory_.at("older"), directory_.at("newer")});
	EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
	EXPECT_EQ(ran.out, "4 lines, each follows from the one before; the last is number 4, " + hashes_[3] + "\n");
	const auto json = run_command({"--json", "audit", "verify", directory_.at("newer"), "--after", hashes_[1]});
	EXPECT_EQ(json.code, ExitCode::kDone) << json.err;
	EXPECT_EQ(control::Json::parse(json.out)["last_hash"], hashes_[3]);
	EXPECT_EQ(control::Json::parse(json.out)["lines"], 2);
}

TEST_F(CliAudit, WhatIsMissingOrChangedIsFoundWithItsPlace)
{
	const auto beginning = run_command({"audit", "verify", directory_.at("newer")});
	EXPECT_EQ(beginning.code, ExitCode::kFailed);
	EXPECT_NE(beginning.err.find("line 1 has number 3 and goes on from " + hashes_[1]), std::string::npos) << beginning.err;
	EXPECT_NE(beginning.err.find("--after HASH"), std::string::npos);
	EXPECT_EQ(run_command({"audit", "verify", directory_.at("newer"), "--after", hashes_[0]}).code, ExitCode::kFailed);
	EXPECT_EQ(run_command({"audit", "verify", directory_.at("newer"), directory_.at("older")}).code, ExitCode::kFailed);

	std::string changed = older_;
	changed.replace(changed.find("granted"), 7, "GRANTED");
	directory_.write("older", changed);
	const auto ran = run_command({"audit", "verify", directory_.at("older")});
	EXPECT_EQ(ran.code, ExitCode::kFailed);
	EXPECT_NE(ran.err.find("line 2 does not follow"), std::string::npos) << ran.err;
	EXPECT_EQ(run_command({"audit", "verify", directory_.at("nowhere")}).code, ExitCode::kFailed);
	EXPECT_EQ(run_command({"audit"}).code, ExitCode::kWrong);
}

TEST(CliIdentity, RevokedListedAndRestored)
{
	test::DaemonHost host;
	test::RunningDaemon daemon(host);
	ASSERT_FALSE(daemon.failure);
	const std::string id = "spiffe://prod.example/billing";
	const auto revoked = run_command({"--socket", host.options.socket, "identity", "revoke", id, "--why", "lost laptop"});
	EXPECT_EQ(revoked.code, ExitCode::kDone) << revoked.err;
	EXPECT_EQ(revoked.out, "revoked " + id + ": 0 leases ended\n");
	const auto list = run_command({"--socket", host.options.socket, "identity", "list"});
	EXPECT_NE(list.out.find(id), std::string::npos) << list.out;
	EXPECT_NE(list.out.find(": lost laptop"), std::string::npos) << list.out;
	const auto json = run_command({"--socket", host.options.socket, "identity", "list", "--json"});
	EXPECT_EQ(control::Json::parse(json.out)["identities"][0]["identity"], id) << json.out;
	EXPECT_EQ(run_command({"--socket", host.options.socket, "identity", "restore", id}).code, ExitCode::kDone);
	const auto again = run_command({"--socket", host.options.socket, "identity", "restore", id});
	EXPECT_EQ(again.code, ExitCode::kFailed);
	EXPECT_NE(again.err.find("is not revoked"), std::string::npos) << again.err;
	EXPECT_EQ(run_command({"--socket", host.options.socket, "identity", "list"}).out, "nobody has a lease, and nobody is revoked\n");
}

TEST(CliIdentity, WhatIsWrongIsSaidWithoutADaemon)
{
	EXPECT_EQ(run_command({"identity"}).code, ExitCode::kWrong);
	EXPECT_EQ(run_command({"identity", "revoke"}).code, ExitCode::kWrong);
	EXPECT_EQ(run_command({"identity", "revoke", ""}).code, ExitCode::kWrong);
	EXPECT_EQ(run_command({"identity", "revoke", "a\nb"}).code, ExitCode::kWrong);
	EXPECT_EQ(run_command({"--socket", "/nonexistent.sock", "identity", "list"}).code, ExitCode::kUnreachable);
	EXPECT_EQ(run_command({"identity", "revoke", "--help"}).code, ExitCode::kDone);
}

}  // namespace
}  // namespace sluice::cli
