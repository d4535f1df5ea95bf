// Explain against the program itself: random policies, random frames, the same reason before as after; and not a byte of
// any state moves by asking.
#include <gtest/gtest.h>

#include "model/random_policy.h"
#include "support/gate_state.h"
#include "support/reason.h"

namespace sluice::test {

namespace {

constexpr int kFrames = 300;
constexpr std::uint64_t kProofEvery = 25;

class ExplainDifferential : public GateTest {
protected:
	void compare(const Bytes& frame)
	{
		const auto explained = gate_->datapath().explain(std::as_bytes(Frame(frame)));
		ASSERT_TRUE(explained) << explained.error().sentence() << "\n" << hex(frame);
		const auto judged = gate_->judge(frame);
		ASSERT_TRUE(judged) << judged.error().sentence() << "\n" << hex(frame);
		EXPECT_EQ(reason_name(explained->found.reason), judged->reason) << hex(frame);
		EXPECT_EQ(explained->passes, judged->passes) << hex(frame);
		const auto& rules = gate_->running().rules;
		EXPECT_EQ(explained->found.rule == 0 ? "" : std::string(rules[explained->found.rule].text), judged->rule) << hex(frame);
		EXPECT_EQ(std::string(gate_->running().services[explained->found.service].text), judged->service) << hex(frame);
	}

	void prove_nothing_moves(const Bytes& frame)
	{
		const auto before = state_of(*gate_);
		ASSERT_TRUE(before) << before.error().sentence();
		ASSERT_TRUE(gate_->datapath().explain(std::as_bytes(Frame(frame))));
		const auto after = state_of(*gate_);
		ASSERT_TRUE(after) << after.error().sentence();
		EXPECT_EQ(changes(*before, *after), std::vector<std::string>()) << hex(frame);
	}
};

}  // namespace

TEST_F(ExplainDifferential, SaysWhatIsThenDone)
{
	Dice dice(seed_of_run());
	const std::uint64_t rounds = rounds_of_run(8);
	for (std::uint64_t round = 0; round < rounds && !HasFailure(); round++) {
		auto gate = Gate::open({.bucket_bytes = 4u << 20, .ban_capacity = 64});
		ASSERT_TRUE(gate) << gate.error().sentence();
		gate_ = std::move(*gate);
		const std::string text = random_policy(dice).text();
		SCOPED_TRACE(text);
		ASSERT_NO_FATAL_FAILURE(install(text));
		ASSERT_TRUE(gate_->ban(dice.pick(kPrefixes)));
		for (int i = 0; i < kFrames && !HasFailure(); i++) {
			const Bytes frame = random_frame(dice);
			const std::uint64_t times = dice.one_in(5) ? 1 + dice.roll(12) : 1;
			for (std::uint64_t j = 0; j < times; j++)
				ASSERT_NO_FATAL_FAILURE(compare(frame));
			if (dice.one_in(kProofEvery)) {
				ASSERT_NO_FATAL_FAILURE(prove_nothing_moves(frame));
			}
		}
	}
}

}  // namespace sluice::test
