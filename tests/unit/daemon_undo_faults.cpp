// Confirmations and rollbacks when a write or a call fails, or what was written is damaged.
#include "unit/daemon_undo_fixture.h"

namespace sluice::daemon {
namespace {

TEST_F(DaemonUndo, WhicheverWriteFailsAnApplyChangesNothing)
{
	ASSERT_TRUE(come_back().reply);
	unsigned failed = 0;
	for (std::uint64_t n = 1; n < 100; n++) {
		SCOPED_TRACE("write " + std::to_string(n));
		const auto before = fates();
		directory_.write("other.yaml", kSecondText + ("# " + std::to_string(n) + "\n"));  // a copy that is not there yet
		disk_.fail_at(n, ENOSPC);
		const auto reply = apply({.path = other(), .confirm_ns = kMinute});
		disk_.fail_at(0, 0);
		if (reply)
			break;
		failed++;
		EXPECT_EQ(reply.error().code(), ErrorCode::kExhausted);
		EXPECT_NE(reply.error().advice().find("--force"), std::string::npos);
		EXPECT_FALSE(denies_by_default());
		EXPECT_FALSE(policies_->waiting());
		EXPECT_EQ(fates(), before);
		ASSERT_TRUE(come_back().reply);  // and a death then finds nothing either
		EXPECT_FALSE(policies_->waiting());
		EXPECT_EQ(fates(), before);
		EXPECT_EQ(generation(), 1u);
	}
	EXPECT_GE(failed, 12u) << "the copy and the ledger, six calls each";
	EXPECT_TRUE(denies_by_default());
}

TEST_F(DaemonUndo, AfterTheInstallAFailedWriteIsToldAndTheWaitGoesOn)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	const std::uint64_t calls = disk_.made();
	ASSERT_TRUE(rollback());
	const std::uint64_t each = disk_.made() - calls;
	ASSERT_GT(each, 6u);
	directory_.write("other.yaml", std::string(kSecondText) + "mode: observe\n");
	disk_.fail_at(2 + 6 + 6 + 1, EIO);  // directories, copy, ledger, install, ledger
	const auto reply = apply_to_confirm();
	disk_.fail_at(0, 0);
	ASSERT_TRUE(reply) << reply.error().sentence();
	EXPECT_TRUE(policies_->waiting());
	const auto warnings = policies_->warnings();
	EXPECT_TRUE(std::ranges::any_of(warnings, [](const auto& w) { return w.find("not on disk") != std::string::npos; }));
	ASSERT_TRUE(come_back().reply);
	EXPECT_TRUE(policies_->waiting()) << "the first line was enough";
}

TEST_F(DaemonUndo, AConfirmationThatNobodyWillWaitForIsSaid)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply({.path = other()}));
	const auto again = apply_to_confirm();
	ASSERT_TRUE(again);
	const auto& applied = std::get<control::Applied>(*again);
	EXPECT_FALSE(applied.changed);
	EXPECT_FALSE(policies_->waiting());
	EXPECT_TRUE(std::ranges::any_of(applied.warnings, [](const auto& w) { return w.find("nothing waits") != std::string::npos; }));
	const auto without = apply({.path = other()});
	ASSERT_TRUE(without);
	EXPECT_TRUE(std::get<control::Applied>(*without).warnings.empty()) << "near miss: nobody asked for one";
}

TEST_F(DaemonUndo, AFullDiskDoesNotKeepAPolicyThatHasToGo)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	std::filesystem::remove_all(directory_.at("state/ledger.json"));
	std::filesystem::create_directory(directory_.at("state/ledger.json"));  // can be replaced by nothing
	std::filesystem::create_directory(directory_.at("state/ledger.json/x"));
	EXPECT_FALSE(policies_->confirm());
	EXPECT_TRUE(policies_->waiting()) << "a confirmation that is not on disk is none";
	clock_.advance(kMinute);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
}

TEST_F(DaemonUndo, ForceInstallsWithoutAStateDirectory)
{
	ASSERT_TRUE(come_back().reply);
	std::filesystem::remove_all(directory_.at("state"));
	directory_.write("state", "in the way");
	const auto refused = apply({.path = other()});
	ASSERT_FALSE(refused);
	EXPECT_FALSE(denies_by_default());
	ASSERT_TRUE(apply({.path = other(), .force = true}));
	EXPECT_TRUE(denies_by_default());
}

TEST_F(DaemonUndo, WhicheverKernelCallFailsTheRollbackComesInTheEnd)
{
	for (std::uint64_t n = 1; n < 8; n++) {
		SCOPED_TRACE("call " + std::to_string(n));
		datapath_ = datapath::MemoryDatapath(clock_);
		std::filesystem::remove_all(directory_.at("state"));
		ASSERT_TRUE(come_back().reply);
		ASSERT_TRUE(apply_to_confirm());
		datapath_.fail_at(n, Error(ErrorCode::kExhausted, "no memory"));
		clock_.advance(kMinute);
		ASSERT_TRUE(run_until([&] {
			clock_.advance(kSecond);
			return policies_->running() != nullptr && !policies_->running()->config.default_deny;
		}));
		datapath_.fail_at(0);
		EXPECT_FALSE(denies_by_default());
		EXPECT_FALSE(policies_->waiting());
	}
}

TEST_F(DaemonUndo, WithItsCopyGoneTheGenerationBeforeStillComesBack)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply_to_confirm());
	std::filesystem::remove_all(directory_.at("state/policies"));
	clock_.advance(kMinute);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
	EXPECT_EQ(generation(), 1u);
	EXPECT_FALSE(policies_->waiting());
}

TEST_F(DaemonUndo, AnEmptiedStateDirectoryRefusesNoPolicy)
{
	ASSERT_TRUE(come_back().reply);
	std::filesystem::remove_all(directory_.at("state"));
	ASSERT_TRUE(apply_to_confirm());
	EXPECT_TRUE(denies_by_default());
	EXPECT_FALSE(std::filesystem::is_empty(directory_.at("state/policies")));
}

TEST_F(DaemonUndo, ADamagedLedgerIsSetAsideAndTold)
{
	ASSERT_TRUE(come_back().reply);
	die();
	directory_.write("state/ledger.json", "{\"version\": 1");
	ASSERT_TRUE(come_back().reply);
	EXPECT_EQ(generation(), 1u);
	EXPECT_TRUE(std::filesystem::exists(directory_.at("state/ledger.json.damaged")));
	EXPECT_EQ(fates(), "start:installed");
}

TEST_F(DaemonUndo, TheStateDirectoryIsItsOwnersAloneAndBounded)
{
	ASSERT_TRUE(come_back().reply);
	for (int i = 0; i < 20; i++) {
		directory_.write("bad.netset", "203.0.113." + std::to_string(i) + "\n");
		ASSERT_TRUE(apply({.path = path()}));
	}
	namespace fs = std::filesystem;
	const auto mode = [](const std::string& at) { return static_cast<unsigned>(fs::status(at).permissions()) & 0777; };
	EXPECT_EQ(mode(directory_.at("state")), 0700u);
	EXPECT_EQ(mode(directory_.at("state/ledger.json")), 0600u);
	std::size_t copies = 0;
	for (const auto& file : fs::directory_iterator(directory_.at("state/policies"))) {
		copies++;
		EXPECT_EQ(mode(file.path().string()), 0600u);
	}
	EXPECT_EQ(copies, kMostCopies);
	EXPECT_EQ(policies_->ledger().entries.size(), 21u);
}

}  // namespace
}  // namespace sluice::daemon
