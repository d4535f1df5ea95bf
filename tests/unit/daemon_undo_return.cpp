// Confirmations and rollbacks: every step at which the daemon can die and come back.
#include "unit/daemon_undo_fixture.h"

namespace sluice::daemon {
namespace {

TEST_F(DaemonUndo, KilledWhileItWaitsTheNextDaemonGoesOnWaiting)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	clock_.advance(20 * kSecond);
	const auto outcome = come_back();
	ASSERT_TRUE(outcome.reply) << outcome.reply.error().sentence();
	EXPECT_TRUE(denies_by_default());
	EXPECT_EQ(generation(), 2u);
	ASSERT_TRUE(policies_->waiting());
	EXPECT_EQ(policies_->waiting()->remaining_ns, 40 * kSecond);
	EXPECT_EQ(policies_->installed_path(), other());
	clock_.advance(40 * kSecond);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
	EXPECT_EQ(fates(), "start:installed apply:rolled-back-by-itself timeout:installed");
}

TEST_F(DaemonUndo, ConfirmedAfterTheReturnItStays)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(policies_->confirm());
	EXPECT_TRUE(denies_by_default());
	EXPECT_EQ(policies_->ledger().entries.back().fate, Fate::kConfirmed);
}

TEST_F(DaemonUndo, OverdueAtTheReturnItGoesAtOnce)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	clock_.advance(kMinute);
	const auto outcome = come_back();
	ASSERT_TRUE(outcome.reply) << outcome.reply.error().sentence();
	EXPECT_EQ(outcome.cause, Cause::kTimeout);
	EXPECT_FALSE(denies_by_default());
	EXPECT_EQ(fates(), "start:installed apply:rolled-back-by-itself timeout:installed");
}

TEST_F(DaemonUndo, ANewStartOfTheHostIsNoConfirmation)
{
	ASSERT_TRUE(come_back().reply);
	directory_.write("policy.yaml", kSecondText);  // what a start would install
	ASSERT_TRUE(apply({.path = path(), .confirm_ns = kMinute}));
	reboot();
	const auto outcome = come_back();
	ASSERT_TRUE(outcome.reply) << outcome.reply.error().sentence();
	EXPECT_FALSE(denies_by_default());
	EXPECT_EQ((*datapath_.running())->meta.prefixes, 1u);
	EXPECT_EQ(fates(), "start:installed apply:rolled-back-by-itself timeout:installed");
}

TEST_F(DaemonUndo, AWallClockThatJumpsChangesNothing)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	clock_.set_unix(clock_.unix_ns() + 3600 * kSecond);
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(policies_->waiting());
	EXPECT_EQ(policies_->waiting()->remaining_ns, kMinute);
}

// The daemon dies after the ledger's first line and before the kernel has the policy.
TEST_F(DaemonUndo, WrittenDownAndNeverInstalledItIsForgotten)
{
	ASSERT_TRUE(come_back().reply);
	Ledger next = policies_->ledger();
	Entry entry;
	entry.path = other();
	entry.digest = std::string(64, 'a');
	next.begin(entry, Wait{boot_, clock_.boot_ns() + kMinute});
	ASSERT_TRUE(archive_->commit(next));
	const auto outcome = come_back();
	ASSERT_TRUE(outcome.reply);
	EXPECT_FALSE(policies_->waiting());
	EXPECT_EQ(fates(), "start:installed");
	EXPECT_EQ(generation(), 1u);
}

// After the kernel has it, and before the ledger's second line.
TEST_F(DaemonUndo, InstalledAndNotYetWrittenDownItWaitsAllTheSame)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	Ledger half = policies_->ledger();
	half.begun = half.entries.back();
	half.begun_wait = half.wait;
	half.entries.pop_back();
	half.wait.reset();
	ASSERT_TRUE(archive_->commit(half));
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(policies_->waiting());
	EXPECT_EQ(policies_->waiting()->generation, 2u);
	EXPECT_EQ(fates(), "start:installed apply:awaiting");
}

TEST_F(DaemonUndo, DeadBetweenBothAndTheHostStartsAnewItIsOut)
{
	ASSERT_TRUE(come_back().reply);
	directory_.write("policy.yaml", kSecondText);
	ASSERT_TRUE(apply({.path = path(), .confirm_ns = kMinute}));
	Ledger half = policies_->ledger();
	half.begun = half.entries.back();
	half.begun_wait = half.wait;
	half.entries.pop_back();
	half.wait.reset();
	ASSERT_TRUE(archive_->commit(half));
	reboot();
	ASSERT_TRUE(come_back().reply);
	EXPECT_FALSE(denies_by_default()) << "nobody ever confirmed it";
}

// A rollback that happened and could not be written down is understood from what runs.
TEST_F(DaemonUndo, ARollbackThatWasNotWrittenDownIsNotDoneTwice)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	clock_.advance(kMinute);
	std::filesystem::remove_all(directory_.at("kept"));
	std::filesystem::copy(directory_.at("state"), directory_.at("kept"), std::filesystem::copy_options::recursive);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
	die();
	std::filesystem::remove_all(directory_.at("state"));
	std::filesystem::rename(directory_.at("kept"), directory_.at("state"));
	ASSERT_TRUE(come_back().reply);
	EXPECT_EQ(generation(), 3u);
	EXPECT_FALSE(policies_->waiting());
	EXPECT_EQ(fates(), "start:installed apply:rolled-back-by-itself timeout:installed");
}

}  // namespace
}  // namespace sluice::daemon
