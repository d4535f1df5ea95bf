// A candidate that is judged beside the running policy: begun, promoted, dropped, lost, and what else happens meanwhile.
#include "unit/daemon_undo_fixture.h"

namespace sluice::daemon {
namespace {

class DaemonShadow : public DaemonUndo {
protected:
	Result<ApplyReply> observe(const std::string& path) { return apply({.path = path, .observe = true}); }
	Result<ApplyReply> promote(control::PromoteRequest request = {})
	{
		return ask([&](Policies::Reply reply) { policies_->promote(request, std::move(reply), control::Caller{0, "root", ""}); });
	}
	void begin()
	{
		ASSERT_TRUE(come_back().reply);
		const auto begun = observe(other());
		ASSERT_TRUE(begun) << begun.error().sentence();
	}
	// What the kernel judges by beside the running policy; none: nothing.
	std::optional<datapath::Running> judged() { return *datapath_.candidate(); }
	bool warns_of(const std::string& piece) const
	{
		const auto warnings = policies_->warnings();
		return std::ranges::any_of(warnings, [&](const std::string& each) { return each.find(piece) != std::string::npos; });
	}
};

TEST_F(DaemonShadow, ItDecidesNothingAndIsNoPartOfTheHistory)
{
	ASSERT_TRUE(come_back().reply);
	const auto begun = observe(other());
	ASSERT_TRUE(begun) << begun.error().sentence();
	const auto& applied = std::get<Applied>(*begun);
	EXPECT_EQ(applied.generation, 1u);
	EXPECT_FALSE(applied.changed);
	ASSERT_TRUE(applied.shadow);
	EXPECT_EQ(applied.shadow->path, other());
	EXPECT_EQ(applied.shadow->since_unix_ns, clock_.unix_ns());
	ASSERT_TRUE(judged());
	EXPECT_TRUE(judged()->config.default_deny);
	EXPECT_STREQ(judged()->meta.policy_path, other().c_str());
	EXPECT_FALSE(denies_by_default());
	EXPECT_EQ(fates(), "start:installed");
	EXPECT_EQ(policies_->installed_path(), path());

	const auto second = observe(path());
	ASSERT_FALSE(second);
	EXPECT_EQ(second.error().code(), ErrorCode::kExists);
	EXPECT_NE(second.error().sentence().find("`sluice promote`"), std::string::npos) << second.error().sentence();
}

TEST_F(DaemonShadow, ItNeedsARunningPolicyAndARightOneOfItsOwn)
{
	directory_.write("policy.yaml", "version: 9\n");
	ASSERT_FALSE(failures(come_back().reply).empty());
	EXPECT_EQ(observe(other()).error().code(), ErrorCode::kNotFound);
	directory_.write("policy.yaml", kFirst);
	ASSERT_TRUE(come_back().reply);
	directory_.write("wrong.yaml", "version: 1\nmode: brave\n");
	const auto wrong = observe(directory_.at("wrong.yaml"));
	ASSERT_TRUE(wrong);
	EXPECT_TRUE(std::holds_alternative<policy::Diagnostics>(*wrong));
	EXPECT_FALSE(judged());
	EXPECT_FALSE(policies_->degraded());
	EXPECT_EQ(promote().error().code(), ErrorCode::kNotFound);
}

TEST_F(DaemonShadow, PromotedIsWhatWasWatched)
{
	directory_.write("new.yaml", "version: 1\nsources:\n  - {name: bad, action: deny, files: [bad.netset]}\ndefault: deny\n");
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(observe(directory_.at("new.yaml")));
	const std::string watched = policies_->shadow()->digest;
	directory_.write("bad.netset", "203.0.113.0/24\n198.51.100.0/24\n");
	std::filesystem::remove(directory_.at("new.yaml"));
	const auto promoted = promote();
	ASSERT_TRUE(promoted) << promoted.error().sentence();
	EXPECT_EQ(std::get<Applied>(*promoted).digest, watched);
	EXPECT_EQ(std::get<Applied>(*promoted).generation, 2u);
	for (const auto& warning : std::get<Applied>(*promoted).warnings)
		EXPECT_EQ(warning.find("shadowed"), std::string::npos) << warning;
	EXPECT_TRUE(denies_by_default());
	EXPECT_EQ((*datapath_.running())->meta.prefixes, 1u) << "its list as it was then";
	EXPECT_FALSE(judged());
	EXPECT_FALSE(policies_->shadow());
	EXPECT_EQ(fates(), "start:installed promote:installed");
	EXPECT_EQ(policies_->ledger().current()->caller->user, "root");
	const auto back = rollback();
	ASSERT_TRUE(back) << back.error().sentence();
	EXPECT_FALSE(denies_by_default());
}

TEST_F(DaemonShadow, APromotionCanWaitForItsConfirmation)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	const auto promoted = promote({.confirm_ns = kMinute});
	ASSERT_TRUE(promoted) << promoted.error().sentence();
	EXPECT_TRUE(std::get<Applied>(*promoted).waiting);
	EXPECT_EQ(observe(path()).error().code(), ErrorCode::kExists) << "nothing begins while one waits";
	clock_.advance(kMinute);
	ASSERT_TRUE(run_until([&] { return !denies_by_default(); }));
	EXPECT_EQ(fates(), "start:installed promote:rolled-back-by-itself timeout:installed");
}

TEST_F(DaemonShadow, APromotionIsGuardedAsAnApplyIs)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	const control::Session session{*net::Address::parse("198.51.100.7"), 50022, *net::Address::parse("203.0.113.10"), 22};
	const auto refused = promote({.session = session});
	ASSERT_FALSE(refused);
	EXPECT_EQ(refused.error().code(), ErrorCode::kDenied);
	EXPECT_TRUE(judged()) << "it goes on";
	EXPECT_TRUE(policies_->shadow());
	EXPECT_FALSE(denies_by_default());
	EXPECT_TRUE(promote({.force = true, .session = session}));
	EXPECT_TRUE(denies_by_default());
}

TEST_F(DaemonShadow, RollbackDropsItFirstAndThenGoesBack)
{
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(apply({.path = other()}));
	ASSERT_TRUE(observe(path()));
	const auto dropped = rollback();
	ASSERT_TRUE(dropped) << dropped.error().sentence();
	ASSERT_TRUE(std::get<Applied>(*dropped).dropped);
	EXPECT_EQ(std::get<Applied>(*dropped).dropped->path, path());
	EXPECT_EQ(generation(), 2u);
	EXPECT_FALSE(judged());
	EXPECT_EQ(fates(), "start:installed apply:installed");
	ASSERT_TRUE(rollback());
	EXPECT_FALSE(denies_by_default());
	EXPECT_EQ(policies_->ledger().undone.size(), 1u) << "what was dropped was never rolled back";
}

TEST_F(DaemonShadow, AReloadGoesOnUnderItAnApplyEndsIt)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	directory_.write("bad.netset", "203.0.113.0/24\n198.51.100.0/24\n");
	policies_->reload();
	ASSERT_TRUE(run_until([&] { return generation() == 2; }));
	EXPECT_TRUE(judged());
	ASSERT_TRUE(policies_->shadow());
	const auto same = apply({.path = path()});
	ASSERT_TRUE(same);
	EXPECT_FALSE(std::get<Applied>(*same).changed);
	EXPECT_TRUE(judged()) << "what runs already changes nothing";

	directory_.write("third.yaml", "version: 1\nmode: observe\n");
	const auto applied = apply({.path = directory_.at("third.yaml"), .force = true});
	ASSERT_TRUE(applied);
	ASSERT_EQ(std::get<Applied>(*applied).warnings.size(), 1u);
	EXPECT_NE(std::get<Applied>(*applied).warnings[0].find(other() + " is no longer shadowed"), std::string::npos);
	EXPECT_FALSE(judged());
	EXPECT_FALSE(policies_->shadow());
}

TEST_F(DaemonShadow, WhoeverDiesItGoesOn)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	const auto before = *policies_->shadow();
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(policies_->shadow());
	EXPECT_EQ(policies_->shadow()->since_unix_ns, before.since_unix_ns);
	EXPECT_TRUE(judged());
	EXPECT_FALSE(warns_of("shadowed"));
	die();
	directory_.write("policy.yaml", std::string(kFirst) + "mode: observe\n");
	ASSERT_TRUE(come_back().reply) << "what the file says now runs";
	EXPECT_EQ(generation(), 2u);
	EXPECT_TRUE(judged());
	const auto promoted = promote();
	ASSERT_TRUE(promoted) << promoted.error().sentence();
	EXPECT_EQ(std::get<Applied>(*promoted).digest, before.digest);
}

TEST_F(DaemonShadow, WhatTheHostForgotIsDroppedAndTold)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	reboot();
	ASSERT_TRUE(come_back().reply);
	EXPECT_FALSE(policies_->shadow());
	EXPECT_TRUE(warns_of(other() + " is no longer shadowed"));
	EXPECT_EQ(promote().error().code(), ErrorCode::kNotFound);
	ASSERT_TRUE(observe(other()));
	EXPECT_FALSE(warns_of("no longer shadowed"));
}

TEST_F(DaemonShadow, WhatIsWrittenDownNowhereIsDroppedAndTold)
{
	ASSERT_NO_FATAL_FAILURE(begin());
	die();
	std::filesystem::remove_all(directory_.at("state"));
	ASSERT_TRUE(come_back().reply);
	EXPECT_FALSE(judged());
	EXPECT_TRUE(warns_of("nothing is written down"));
}

TEST_F(DaemonShadow, WhicheverWriteFailsNothingHasBegun)
{
	ASSERT_TRUE(come_back().reply);
	unsigned failed = 0;
	for (std::uint64_t n = 1; n < 100; n++) {
		SCOPED_TRACE("write " + std::to_string(n));
		directory_.write("other.yaml", kSecondText + ("# " + std::to_string(n) + "\n"));
		disk_.fail_at(n, ENOSPC);
		const auto reply = observe(other());
		disk_.fail_at(0, 0);
		if (reply)
			break;
		failed++;
		EXPECT_EQ(reply.error().code(), ErrorCode::kExhausted);
		EXPECT_FALSE(judged());
		ASSERT_TRUE(come_back().reply);
		EXPECT_FALSE(policies_->shadow());
		EXPECT_FALSE(warns_of("shadowed"));
	}
	EXPECT_GE(failed, 12u) << "the copy and the ledger, six calls each";
	EXPECT_TRUE(judged());
}

TEST_F(DaemonShadow, WhicheverKernelCallFailsNothingHasBegunOrItGoesOn)
{
	ASSERT_TRUE(come_back().reply);
	const auto each = [&](const std::function<Result<ApplyReply>()>& step, bool judged_before) {
		unsigned failed = 0;
		for (std::uint64_t n = 1; n < 50; n++) {
			SCOPED_TRACE("call " + std::to_string(n));
			datapath_.fail_at(n, Error(ErrorCode::kExhausted, "no memory"));
			const auto reply = step();
			datapath_.fail_at(0);
			if (reply)
				break;
			failed++;
			EXPECT_EQ(judged().has_value(), judged_before);
			EXPECT_EQ(policies_->shadow().has_value(), judged_before);
			EXPECT_FALSE(denies_by_default());
			EXPECT_EQ(fates(), "start:installed");
		}
		return failed;
	};
	EXPECT_GE(each([&] { return observe(other()); }, false), 2u);
	EXPECT_GE(each([&] { return rollback(); }, true), 1u);
	ASSERT_TRUE(observe(other()));
	EXPECT_GE(each([&] { return promote(); }, true), 2u);
	EXPECT_TRUE(denies_by_default());
}

}  // namespace
}  // namespace sluice::daemon
