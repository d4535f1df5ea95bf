// Confirmations and rollbacks, the clock in the test's hand.
#include "unit/daemon_undo_fixture.h"

namespace sluice::daemon {
namespace {

TEST_F(DaemonUndo, ConfirmedInTimeItStays)
{
	ASSERT_TRUE(come_back().reply);
	const auto applied = apply_to_confirm();
	ASSERT_TRUE(applied) << applied.error().sentence();
	ASSERT_TRUE(std::get<Applied>(*applied).waiting);
	EXPECT_EQ(std::get<Applied>(*applied).waiting->remaining_ns, kMinute);
	EXPECT_EQ(std::get<Applied>(*applied).waiting->returns_to, 1u);
	EXPECT_TRUE(denies_by_default());
	clock_.advance(59 * kSecond);
	const auto confirmed = policies_->confirm();
	ASSERT_TRUE(confirmed) << confirmed.error().sentence();
	EXPECT_EQ(confirmed->generation, 2u);
	clock_.advance(kMinute);
	loop_->restart();
	loop_->run_for(Deadline::kLook * 2);
	EXPECT_TRUE(denies_by_default()) << "it went in spite of its confirmation";
	EXPECT_EQ(fates(), "start:installed apply:confirmed");
	EXPECT_EQ(policies_->ledger().entries.back().caller->ssh, "192.0.2.7:50022");
	EXPECT_EQ(policies_->confirm().error().code(), ErrorCode::kNotFound);
}

TEST_F(DaemonUndo, NotConfirmedItGoesByItself)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	clock_.advance(kMinute - 1);
	loop_->restart();
	loop_->run_for(Deadline::kLook * 2);
	EXPECT_TRUE(denies_by_default()) << "it went a nanosecond too early";
	clock_.advance(1);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
	EXPECT_EQ(generation(), 3u);
	ASSERT_TRUE(run_until([&] { return !told_.empty() && told_.back() == Cause::kTimeout; }));
	EXPECT_EQ(fates(), "start:installed apply:rolled-back-by-itself timeout:installed");
	EXPECT_EQ(policies_->installed_path(), path());
	EXPECT_FALSE(policies_->waiting());
}

TEST_F(DaemonUndo, WhileOneWaitsAppliesAreRefusedAndReloadsWait)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	const auto refused = apply({.path = path()});
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().sentence().find("`sluice confirm`"), std::string::npos);
	EXPECT_NE(refused.error().sentence().find("`sluice rollback`"), std::string::npos);

	directory_.write("other.yaml", std::string(kSecondText) + "mode: observe\n");
	policies_->reload();
	loop_->restart();
	loop_->run_for(std::chrono::milliseconds(50));
	EXPECT_EQ(generation(), 2u);
	ASSERT_TRUE(policies_->confirm());
	EXPECT_TRUE(run_until([&] { return generation() == 3; })) << "the reload was forgotten";
	EXPECT_TRUE((*datapath_.running())->config.observe);
}

TEST_F(DaemonUndo, AListThatChangesMeanwhileDoesNotLoseTheWayBack)
{
	ASSERT_TRUE(come_back().reply);
	directory_.write("policy.yaml", std::string(kFirst) + "default: deny\n");
	ASSERT_TRUE(apply({.path = path(), .confirm_ns = kMinute}));
	directory_.write("bad.netset", "203.0.113.0/24\n198.51.100.0/24\n");
	policies_->reload();
	clock_.advance(kMinute);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
	EXPECT_EQ((*datapath_.running())->meta.prefixes, 1u) << "the list as it was then";
	// The reload that waited finds the text that was rolled back.
	ASSERT_TRUE(run_until([&] { return policies_->degraded(); }));
	EXPECT_EQ(generation(), 3u);
	EXPECT_NE(policies_->warnings().at(1).find("was rolled back"), std::string::npos) << policies_->warnings().at(1);
}

TEST_F(DaemonUndo, RollbackReturnsAtOnceAndThenOneFurther)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply({.path = other()}));
	directory_.write("third.yaml", "version: 1\nmode: observe\n");
	ASSERT_TRUE(apply({.path = directory_.at("third.yaml"), .confirm_ns = kMinute, .force = true}));
	const auto first = rollback();
	ASSERT_TRUE(first) << first.error().sentence();
	EXPECT_EQ(std::get<Applied>(*first).restores, 2u);
	EXPECT_TRUE(denies_by_default());
	EXPECT_FALSE(policies_->waiting());
	const auto second = rollback();
	ASSERT_TRUE(second) << second.error().sentence();
	EXPECT_EQ(std::get<Applied>(*second).restores, 1u);
	EXPECT_FALSE(denies_by_default());
	EXPECT_EQ(rollback().error().code(), ErrorCode::kNotFound);
	EXPECT_EQ(fates(), "start:installed apply:rolled-back apply:rolled-back rollback:rolled-back rollback:installed");
}

TEST_F(DaemonUndo, ARollbackNeedsNoneOfTheFiles)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply({.path = other()}));
	std::filesystem::remove(directory_.at("bad.netset"));
	std::filesystem::remove(path());
	ASSERT_TRUE(rollback());
	EXPECT_EQ((*datapath_.running())->meta.prefixes, 1u);
}

TEST_F(DaemonUndo, WhatWasRolledBackStaysOutUntilItsTextChangesOrItIsApplied)
{
	ASSERT_TRUE(come_back().reply);
	directory_.write("policy.yaml", kSecondText);
	ASSERT_TRUE(apply({.path = path()}));
	ASSERT_TRUE(rollback());
	EXPECT_FALSE(denies_by_default());
	policies_->reload();
	ASSERT_TRUE(run_until([&] { return policies_->degraded(); }));
	EXPECT_FALSE(denies_by_default());
	const auto again = come_back();  // nor does a restart
	ASSERT_FALSE(again.reply);
	EXPECT_NE(again.reply.error().message().find("rolled back"), std::string::npos);
	EXPECT_FALSE(denies_by_default());
	reboot();  // nor a new start of the host
	ASSERT_TRUE(come_back().reply);
	EXPECT_FALSE(denies_by_default());
	EXPECT_EQ((*datapath_.running())->meta.prefixes, 1u);

	ASSERT_TRUE(apply({.path = path()}));
	EXPECT_TRUE(denies_by_default());
	EXPECT_TRUE(policies_->ledger().undone.empty());
}

TEST_F(DaemonUndo, AChangedTextIsInAgain)
{
	ASSERT_TRUE(come_back().reply);
	directory_.write("policy.yaml", kSecondText);
	ASSERT_TRUE(apply({.path = path()}));
	ASSERT_TRUE(rollback());
	directory_.write("policy.yaml", std::string(kSecondText) + "mode: observe\n");
	policies_->reload();
	ASSERT_TRUE(run_until([&] { return denies_by_default(); }));
	EXPECT_FALSE(policies_->degraded());
}

}  // namespace
}  // namespace sluice::daemon
