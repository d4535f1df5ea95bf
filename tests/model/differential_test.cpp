// The loaded program against the reference: random policies, random frames, the same verdict for the same reason.
//
// SLUICE_SEED and SLUICE_ROUNDS (policies) vary the run; both are printed.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "model/random_policy.h"
#include "model/reference.h"
#include "support/gate.h"

namespace sluice::test {

namespace {

constexpr int kFramesPerHalf = 250;

class Differential : public GateTest {
protected:
	// A gate and a reference with the same policy on them.
	void begin(const std::string& text)
	{
		text_ = text;
		const auto policy = policy_of(text);
		ASSERT_TRUE(policy) << policy.error().message() << text;
		const auto installed = gate_->install(*policy);
		ASSERT_TRUE(installed) << installed.error().sentence() << "\n" << text;
		if (reference_)
			reference_->install(*policy);
		else
			reference_.emplace(*policy);
	}

	// A new pair of gate and reference.
	void start_over()
	{
		reference_.reset();
		auto gate = Gate::open({.bucket_bytes = 16u << 20, .ban_capacity = 64});
		ASSERT_TRUE(gate) << gate.error().sentence();
		gate_ = std::move(*gate);
	}

	void compare(const Bytes& frame)
	{
		const Judgement expected = reference_->judge(frame, gate_->now_mono_ns());
		const auto judged = gate_->judge(frame);
		ASSERT_TRUE(judged) << judged.error().sentence() << "\n" << hex(frame);
		ASSERT_EQ(*judged, expected) << hex(frame) << "\n" << text_;
		seen_[expected.reason]++;
	}

	void change_bans(Dice& dice) { change_ban(dice.pick(kPrefixes)); }

	// Bans what is not banned, lifts what is; never many at once.
	void change_ban(const std::string& name)
	{
		const std::string prefix = name;  // a copy: `name` may live in banned_
		if (banned_.erase(prefix) > 0) {
			const auto unbanned = gate_->unban(prefix);
			ASSERT_TRUE(unbanned) << unbanned.error().sentence();
			reference_->unban(*net::Prefix::parse(prefix));
		} else {
			const auto banned = gate_->ban(prefix);
			ASSERT_TRUE(banned) << banned.error().sentence();
			reference_->ban(*net::Prefix::parse(prefix), std::nullopt);
			banned_.insert(prefix);
			if (banned_.size() > 3)
				change_ban(*banned_.begin());
		}
	}

	void compare_many(Dice& dice)
	{
		for (int i = 0; i < kFramesPerHalf && !HasFatalFailure(); i++) {
			if (dice.one_in(40)) {
				ASSERT_NO_FATAL_FAILURE(change_bans(dice));
			}
			// Some come in bursts, so that limits refuse.
			const Bytes frame = random_frame(dice);
			const std::uint64_t times = dice.one_in(5) ? 1 + dice.roll(12) : 1;
			for (std::uint64_t j = 0; j < times && !HasFatalFailure(); j++)
				compare(frame);
		}
	}

	std::string text_;
	std::optional<Reference> reference_;
	std::set<std::string> banned_;
	std::map<std::string, std::uint64_t> seen_;
};

}  // namespace

TEST_F(Differential, RandomPoliciesJudgeRandomFramesAlike)
{
	Dice dice(seed_of_run());
	const std::uint64_t rounds = rounds_of_run(16);
	for (std::uint64_t round = 0; round < rounds && !HasFatalFailure(); round++) {
		SCOPED_TRACE("policy " + std::to_string(round));
		ASSERT_NO_FATAL_FAILURE(start_over());
		banned_.clear();
		RandomPolicy policy = random_policy(dice);
		ASSERT_NO_FATAL_FAILURE(begin(policy.text()));
		compare_many(dice);
		// Reloaded with another mode and default: levels and bans go on.
		policy.head = random_head(dice);
		ASSERT_NO_FATAL_FAILURE(begin(policy.text()));
		compare_many(dice);
	}
	for (const auto& [reason, count] : seen_)
		std::fprintf(stderr, "%8llu %s\n", static_cast<unsigned long long>(count), reason.c_str());
}

}  // namespace sluice::test
