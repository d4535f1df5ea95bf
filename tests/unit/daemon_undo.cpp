// Confirmations and rollbacks: every step at which the daemon can die and come back, the clock in the test's hand.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include <boost/asio/io_context.hpp>

#include "base/log.h"
#include "daemon/policies.h"
#include "unit/control_fixture.h"
#include "datapath/memory_datapath.h"

namespace sluice::daemon {
namespace {

using control::Applied;
using control::ApplyReply;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;

constexpr const char* kFirst = "version: 1\nsources:\n  - {name: bad, action: deny, files: [bad.netset]}\n";
constexpr const char* kSecondText = "version: 1\ndefault: deny\nfailsafe:\n  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n";

class DaemonUndo : public testing::Test {
protected:
	DaemonUndo() : datapath_(clock_)
	{
		spdlog::set_level(spdlog::level::off);
		directory_.write("policy.yaml", kFirst);
		directory_.write("bad.netset", "203.0.113.0/24\n");
		directory_.write("other.yaml", kSecondText);
	}

	// The daemon comes (back); whatever ran before is dead.
	Outcome come_back()
	{
		die();
		archive_.emplace(directory_.at("state"), disk_);
		records_.emplace(*archive_, clock_, boot_);
		policies_.emplace(Policies::Setting{*loop_, datapath_, clock_, 1u << 19, path(), *records_},
		                  [this](const Outcome& outcome) { told_.push_back(outcome.cause); });
		return policies_->start();
	}
	void die()
	{
		policies_.reset();
		loop_.emplace();
	}
	// The host starts anew: the kernel has forgotten everything, the clock begins again.
	void reboot()
	{
		die();
		boot_ += "'";
		datapath_ = datapath::MemoryDatapath(clock_);
	}
	std::string path() const { return directory_.at("policy.yaml"); }
	std::string other() const { return directory_.at("other.yaml"); }

	// Runs the loop until `done`.
	template <typename Done>
	bool run_until(Done done)
	{
		const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
		while (!done() && std::chrono::steady_clock::now() < end) {
			loop_->restart();
			loop_->run_one_for(std::chrono::milliseconds(20));
		}
		return done();
	}
	Result<ApplyReply> ask(const std::function<void(Policies::Reply)>& what)
	{
		std::optional<Result<ApplyReply>> answer;
		what([&](const Result<ApplyReply>& reply) { answer = reply; });
		run_until([&] { return answer.has_value(); });
		return answer.value_or(Result<ApplyReply>(Error(ErrorCode::kFailed, "no answer")));
	}
	Result<ApplyReply> apply(control::ApplyRequest request)
	{
		return ask([&](Policies::Reply reply) { policies_->apply(request, std::move(reply), control::Caller{0, "root", "192.0.2.7:50022"}); });
	}
	Result<ApplyReply> apply_to_confirm() { return apply({.path = other(), .confirm_ns = kMinute}); }
	Result<ApplyReply> rollback()
	{
		return ask([&](Policies::Reply reply) { policies_->rollback(std::move(reply)); });
	}
	bool denies_by_default() { return (*datapath_.running())->config.default_deny; }
	std::uint32_t generation() { return (*datapath_.running())->meta.generation; }
	std::string fates() const
	{
		std::string out;
		for (const Entry& entry : policies_->ledger().entries)
			out += std::string(out.empty() ? "" : " ") + cause_name(entry.cause) + ":" + fate_name(entry.fate);
		return out;
	}

	test::Directory directory_;
	ManualClock clock_;
	datapath::MemoryDatapath datapath_;
	Disk disk_;
	std::string boot_ = "boot";
	std::optional<boost::asio::io_context> loop_;
	std::optional<Archive> archive_;
	std::optional<Records> records_;
	std::optional<Policies> policies_;
	std::vector<Cause> told_;
};

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

// ---- what is refused ----

TEST_F(DaemonUndo, APolicyThatCutsOffTheSessionThatAppliesItIsRefused)
{
	ASSERT_TRUE(come_back().reply);
	const auto session = [](const char* peer) { return control::Session{*net::Address::parse(peer), 50022, *net::Address::parse("203.0.113.10"), 22}; };
	const auto inside = apply({.path = other(), .session = session("192.0.2.7")});
	ASSERT_TRUE(inside) << inside.error().sentence();
	ASSERT_TRUE(rollback());

	const auto outside = apply({.path = other(), .session = session("198.51.100.7")});
	ASSERT_FALSE(outside);
	EXPECT_EQ(outside.error().code(), ErrorCode::kDenied);
	EXPECT_NE(outside.error().sentence().find("198.51.100.7:50022: default-deny"), std::string::npos) << outside.error().sentence();
	EXPECT_FALSE(denies_by_default());
	directory_.write("list.yaml", "version: 1\nsources:\n  - {name: world, action: deny, prefixes: [198.51.100.0/24]}\n");
	const auto listed = apply({.path = directory_.at("list.yaml"), .session = session("198.51.100.7")});
	ASSERT_FALSE(listed);
	EXPECT_NE(listed.error().message().find("listed-deny, list world"), std::string::npos) << listed.error().message();
	EXPECT_TRUE(apply({.path = other(), .observe = true, .session = session("198.51.100.7")})) << "observed, nothing is dropped";
	EXPECT_FALSE(apply({.path = other(), .session = session("198.51.100.7")}));
	EXPECT_TRUE(apply({.path = other(), .force = true, .session = session("198.51.100.7")}));
	EXPECT_TRUE(denies_by_default());
}

TEST_F(DaemonUndo, ABanThatAListHeldOffCountsToo)
{
	directory_.write("policy.yaml", "version: 1\nsources:\n  - {name: ops, action: allow, prefixes: [198.51.100.0/24]}\n");
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(datapath_.ban({*net::Prefix::parse("198.51.100.7"), {}, 1, "by mistake"}));
	directory_.write("bare.yaml", "version: 1\n");
	const control::Session session{*net::Address::parse("198.51.100.7"), 50022, *net::Address::parse("203.0.113.10"), 22};
	const auto refused = apply({.path = directory_.at("bare.yaml"), .session = session});
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().message().find("banned"), std::string::npos) << refused.error().message();
}

TEST_F(DaemonUndo, TheFailsafeIsNarrowedByForceAlone)
{
	directory_.write("policy.yaml", kSecondText);
	ASSERT_TRUE(come_back().reply);
	directory_.write("bare.yaml", "version: 1\n");
	const auto refused = apply({.path = directory_.at("bare.yaml")});
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().sentence().find("tcp port 22 from 192.0.2.0/24"), std::string::npos) << refused.error().sentence();

	directory_.write("policy.yaml", "version: 1\n");
	policies_->reload();
	ASSERT_TRUE(run_until([&] { return policies_->degraded(); }));
	EXPECT_TRUE(denies_by_default());
	EXPECT_NE(policies_->warnings().at(1).find("tcp port 22"), std::string::npos) << policies_->warnings().at(1);
	(void)come_back();  // nor by a restart
	EXPECT_TRUE(denies_by_default());
	EXPECT_TRUE(policies_->degraded());
	ASSERT_TRUE(apply({.path = path(), .force = true}));
	EXPECT_FALSE(denies_by_default());
	EXPECT_FALSE(policies_->degraded());
}

// ---- death and return ----

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

// ---- faults ----

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
	disk_.fail_at(6 + 6 + 1, EIO);  // copy, ledger, install, ledger
	const auto reply = apply_to_confirm();
	disk_.fail_at(0, 0);
	ASSERT_TRUE(reply) << reply.error().sentence();
	EXPECT_TRUE(policies_->waiting());
	const auto warnings = policies_->warnings();
	EXPECT_TRUE(std::ranges::any_of(warnings, [](const auto& w) { return w.find("not on disk") != std::string::npos; }));
	ASSERT_TRUE(come_back().reply);
	EXPECT_TRUE(policies_->waiting()) << "the first line was enough";
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
