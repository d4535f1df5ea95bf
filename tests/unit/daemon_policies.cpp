// How one policy takes the place of another, and how it does not.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "daemon/policies.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using control::Applied;
using control::ApplyReply;

class DaemonPolicies : public testing::Test {
protected:
	DaemonPolicies() { make(); }
	void make()
	{
		policies_.reset();
		archive_.emplace(host_.options.state, disk_);
		records_.emplace(*archive_, host_.clock, "boot");
		policies_.emplace(Policies::Setting{loop_, host_.datapath, host_.clock, 1u << 19, host_.path(), *records_},
		                  [this](const Outcome& outcome) { told_.push_back(outcome.path); });
	}
	// Runs the loop until everything that was asked is answered.
	void settle()
	{
		loop_.restart();
		loop_.run();
	}
	Result<ApplyReply> apply(const std::string& path)
	{
		std::optional<Result<ApplyReply>> answer;
		policies_->apply({path}, [&](const Result<ApplyReply>& reply) { answer = reply; });
		settle();
		return answer.value_or(Result<ApplyReply>(Error(ErrorCode::kFailed, "no answer")));
	}
	std::uint32_t generation() { return (*host_.datapath.running())->meta.generation; }

	test::DaemonHost host_;
	boost::asio::io_context loop_;
	Disk disk_;
	std::optional<Archive> archive_;
	std::optional<Records> records_;
	std::optional<Policies> policies_;
	std::vector<std::string> told_;
};

TEST_F(DaemonPolicies, TheFirstIsInstalledAndTheSameIsKept)
{
	const auto first = policies_->start();
	ASSERT_TRUE(first.reply) << first.reply.error().sentence();
	EXPECT_TRUE(std::get<Applied>(*first.reply).changed);
	EXPECT_EQ(std::get<Applied>(*first.reply).prefixes, 1u);
	EXPECT_EQ(std::get<Applied>(*first.reply).services, 1u);
	EXPECT_EQ(std::get<Applied>(*first.reply).limits, 1u);
	EXPECT_EQ(first.files, (std::vector<std::string>{host_.path(), host_.directory.at("scanners.netset")}));
	const auto generation_before = generation();

	make();  // the daemon starts again
	const auto again = policies_->start();
	ASSERT_TRUE(again.reply);
	EXPECT_FALSE(std::get<Applied>(*again.reply).changed);
	EXPECT_EQ(generation(), generation_before);
	EXPECT_FALSE(policies_->degraded());
}

TEST_F(DaemonPolicies, ABrokenOneWithNothingRunningIsDiagnosed)
{
	host_.directory.write("policy.yaml", "version: 1\nmode: brave\n");
	const auto outcome = policies_->start();
	ASSERT_TRUE(outcome.reply);
	EXPECT_FALSE(std::get<policy::Diagnostics>(*outcome.reply).empty());
	EXPECT_EQ(policies_->running(), nullptr);
}

TEST_F(DaemonPolicies, ABrokenOneAtRestartLeavesWhatRuns)
{
	ASSERT_TRUE(policies_->start().reply);
	host_.directory.write("policy.yaml", "version: 1\nmode: brave\n");
	make();
	(void)policies_->start();
	ASSERT_NE(policies_->running(), nullptr);
	EXPECT_TRUE(policies_->degraded());
	ASSERT_GE(policies_->warnings().size(), 2u);
	EXPECT_NE(policies_->warnings()[0].find("the policy before it goes on"), std::string::npos);
	EXPECT_NE(policies_->warnings()[1].find(":2:"), std::string::npos) << policies_->warnings()[1];

	host_.directory.write("policy.yaml", test::kPolicy);
	policies_->reload();
	settle();
	EXPECT_FALSE(policies_->degraded());
	EXPECT_TRUE(policies_->warnings().empty());
}

TEST_F(DaemonPolicies, AFailureOfTheKernelLeavesWhatRunsWhicheverCallFails)
{
	ASSERT_TRUE(policies_->start().reply);
	const auto before = generation();
	host_.directory.write("other.yaml", "version: 1\nmode: observe\n");
	unsigned failed = 0;
	for (std::uint64_t n = 1; n < 10; n++) {
		host_.datapath.fail_at(n, Error(ErrorCode::kExhausted, "no memory"));
		const auto reply = apply(host_.directory.at("other.yaml"));
		host_.datapath.fail_at(0);
		if (reply)
			break;
		failed++;
		EXPECT_EQ(reply.error().code(), ErrorCode::kExhausted);
		EXPECT_NE(reply.error().message().find("no memory"), std::string::npos);
		EXPECT_EQ(generation(), before);
		EXPECT_EQ(policies_->running()->meta.generation, before);
		EXPECT_EQ(policies_->installed_path(), host_.path());
	}
	EXPECT_EQ(failed, 2u);  // heritage, install
	EXPECT_GT(generation(), before);
}

TEST_F(DaemonPolicies, AnotherPathBecomesTheCurrentOneAndSaysWhatARestartDoes)
{
	ASSERT_TRUE(policies_->start().reply);
	const std::string other = host_.directory.at("other.yaml");
	host_.directory.write("other.yaml", "version: 1\n");
	ASSERT_TRUE(apply(other));
	ASSERT_EQ(policies_->warnings().size(), 1u);
	EXPECT_NE(policies_->warnings()[0].find("a restart returns to " + host_.path()), std::string::npos);

	host_.directory.write("other.yaml", "version: 1\nmode: observe\n");
	policies_->reload();
	settle();
	EXPECT_EQ(told_.back(), other);
	EXPECT_TRUE(policies_->running()->config.observe);
}

TEST_F(DaemonPolicies, ASecondApplyIsBusyAReloadWaits)
{
	ASSERT_TRUE(policies_->start().reply);
	std::vector<std::string> answers;
	const auto note = [&](const Result<ApplyReply>& reply) { answers.push_back(reply ? "done" : reply.error().message()); };
	policies_->reload();
	policies_->reload();  // begins after the first: what changed meanwhile counts
	policies_->reload();  // is the second
	policies_->apply({host_.path(), true}, note);
	policies_->apply({host_.path(), false}, note);
	settle();
	EXPECT_EQ(answers, (std::vector<std::string>{"busy: another policy is being applied", "done"}));
	EXPECT_EQ(told_.size(), 3u);
}

TEST_F(DaemonPolicies, ARefusedApplyIsNoTroubleOfTheRunningPolicy)
{
	ASSERT_TRUE(policies_->start().reply);
	const auto reply = apply(host_.directory.at("absent.yaml"));
	ASSERT_TRUE(reply);
	EXPECT_TRUE(std::holds_alternative<policy::Diagnostics>(*reply));
	EXPECT_FALSE(policies_->degraded());
	EXPECT_TRUE(policies_->warnings().empty());
}

}  // namespace
}  // namespace sluice::daemon
