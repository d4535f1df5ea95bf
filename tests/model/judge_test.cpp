// The judge without a kernel (policy/judge.h) against the reference: random policies, random frames, random bans. Needs
// no root.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/random_policy.h"
#include "model/reference.h"
#include "policy/compile.h"
#include "policy/judge.h"
#include "support/gate.h"
#include "support/reason.h"

namespace sluice::test {
namespace {

constexpr int kFrames = 400;
constexpr int kTimes = 14;  // more than any random burst of packets or connections

bool names(const policy::Judged& judged, const std::string& limit)
{
	return std::any_of(judged.limits.begin(), judged.limits.end(), [&](const policy::LimitAsked& asked) { return asked.name == limit; });
}

class JudgeModel : public testing::Test {
protected:
	void begin(Dice& dice)
	{
		text_ = random_policy(dice).text();
		const auto parsed = policy_of(text_);
		ASSERT_TRUE(parsed) << parsed.error().message() << text_;
		policy_ = *parsed;
		auto image = policy::compile(policy_, {}, {.bucket_sets = 1u << 19});
		ASSERT_TRUE(image) << image.error().sentence() << text_;
		image_ = std::move(*image);
		beside_ = {};
		for (std::uint64_t i = 0; i < dice.roll(3); i++)
			beside_.bans.push_back(*net::Prefix::parse(dice.pick(kPrefixes)));
		std::map<net::Prefix, bool> overlay;
		for (std::uint64_t i = 0; i < dice.roll(4); i++)
			overlay[*net::Prefix::parse(dice.pick(kPrefixes))] = dice.one_in(2);
		beside_.overlay.assign(overlay.begin(), overlay.end());
	}

	// The same frame again and again: first the decision is compared, then who refuses once levels rise.
	void compare(const Bytes& frame)
	{
		Reference reference(policy_);
		for (const net::Prefix& ban : beside_.bans)
			reference.ban(ban, std::nullopt);
		for (const auto& [prefix, allows] : beside_.overlay)
			reference.overlay(prefix, allows ? policy::Action::kAllow : policy::Action::kDeny);
		const policy::Judged judged = policy::judge(image_, frame, beside_);
		const Judgement first = reference.judge(frame, 1);
		if (names(judged, first.rule)) {  // larger than a whole burst
			refused_++;
			return;
		}
		ASSERT_EQ(reason_name(judged.reason), first.reason) << hex(frame) << "\n" << text_;
		ASSERT_EQ(judged.service, first.service) << hex(frame) << "\n" << text_;
		ASSERT_EQ(judged.rule, first.rule) << hex(frame) << "\n" << text_;
		ASSERT_EQ(judged.passes || image_.config.observe, first.passes) << hex(frame) << "\n" << text_;
		ASSERT_TRUE(judged.passes || judged.limits.empty());
		for (int i = 0; i < kTimes; i++) {
			const Judgement next = reference.judge(frame, 1);
			if (next.reason == first.reason)
				continue;
			ASSERT_TRUE(names(judged, next.rule)) << next.rule << " refuses\n" << hex(frame) << "\n" << text_;
			refused_++;
			break;
		}
		seen_.insert(first.rule == "overlay" ? first.reason + " by the overlay" : first.reason);
	}

	std::string text_;
	policy::Policy policy_;
	policy::Image image_;
	policy::Beside beside_;
	std::set<std::string> seen_;
	int refused_ = 0;
};

TEST_F(JudgeModel, RandomPoliciesJudgeRandomFramesAlike)
{
	Dice dice(seed_of_run());
	const std::uint64_t rounds = rounds_of_run(40);
	for (std::uint64_t round = 0; round < rounds && !HasFatalFailure(); round++) {
		ASSERT_NO_FATAL_FAILURE(begin(dice));
		for (int i = 0; i < kFrames && !HasFatalFailure(); i++)
			compare(random_frame(dice));
	}
	// A comparison that meets nothing proves nothing.
	EXPECT_GT(refused_, 0);
	for (const char* reason : {"failsafe", "listed", "listed-deny", "banned", "not-admitted", "default-deny", "admitted", "default-allow",
				   "fragment", "fragment-allow", "neighbour-discovery", "source-address",
				   "listed by the overlay", "listed-deny by the overlay"})
		EXPECT_TRUE(seen_.contains(reason)) << reason << " was never met";
}

}  // namespace
}  // namespace sluice::test
