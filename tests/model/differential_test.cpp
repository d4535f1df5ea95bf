// The loaded program against the reference: random policies, random frames, the same verdict for the same reason.
//
// SLUICE_SEED and SLUICE_ROUNDS (policies) vary the run; both are printed.
#include <gtest/gtest.h>

#include <algorithm>
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
		policy_ = *policy;
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
		seen_[expected.reason + (expected.rule == "overlay" ? " by the overlay" : "")]++;
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

	// As the daemon does: those roles of the running policy that are the holder's, and by name the services that admit it.
	std::uint64_t mask_of(const Holder& holder) const
	{
		std::uint64_t mask = 0;
		const auto& names = gate_->running().roles;
		for (std::size_t bit = SLUICE_ROLE_FIRST; bit < names.size(); bit++)
			mask |= holder.roles.contains(names[bit].text) ? 1ull << bit : 0;
		for (const auto& service : policy_.services) {
			const bool named = std::ranges::find(service.identities, holder.name) != service.identities.end();
			for (std::size_t bit = SLUICE_ROLE_FIRST; named && bit < names.size(); bit++)
				mask |= names[bit].text == service.name + "/identities" ? 1ull << bit : 0;
		}
		return mask;
	}

	static std::uint32_t slot_of(const Holder& holder)
	{
		return static_cast<std::uint32_t>(std::ranges::find(kHolders, holder.name) - kHolders.begin()) + 1;
	}

	void lease(const datapath::Binding& binding, const Holder& holder)
	{
		constexpr std::uint64_t kHour = 3600'000'000'000;
		const auto digest = datapath::digest_of("prod.example", holder.name);
		ASSERT_TRUE(digest) << digest.error().sentence();
		const std::uint64_t until = gate_->datapath().now_boot_ns() + kHour;
		const auto named = gate_->datapath().put_identity(
			{slot_of(holder), holder.name, "prod.example", *digest, mask_of(holder), until, 0, false});
		ASSERT_TRUE(named) << named.error().sentence();
		const auto leased = gate_->datapath().put_lease(binding, slot_of(holder), until);
		ASSERT_TRUE(leased) << leased.error().sentence();
		reference_->lease(binding, holder);
	}

	// The frame's own flow, or prefixes of three lengths: what addresses frames draw from lies in.
	void change_leases(Dice& dice, const Bytes& frame)
	{
		static const std::vector<std::string> prefixes = {"192.0.2.1", "192.0.2.0/25", "198.51.100.0/24", "2001:db8:1::/64", "2001:db8:1::1"};
		const Holder& holder = dice.pick(holders_);
		if (dice.one_in(12)) {
			const auto revoked = gate_->datapath().revoke(slot_of(holder));
			ASSERT_TRUE(revoked) << revoked.error().sentence();
			reference_->revoke(holder.name);
			return;
		}
		const FrameReading reading = read_frame(frame);
		if (dice.one_in(8))
			lease(*net::Prefix::parse(dice.pick(prefixes)), holder);
		else if (reading.ends_as.empty() && reading.source_port && reading.destination_port)
			lease(datapath::Flow{reading.source, reading.destination, *reading.source_port, *reading.destination_port,
					     net::Protocol{reading.protocol}},
			      holder);
	}

	// Says one thing or the other of a prefix that lists and bans draw from too, or takes it back; never many at once.
	void change_overlay(Dice& dice)
	{
		const net::Prefix prefix = *net::Prefix::parse(dice.pick(kPrefixes));
		if (said_.contains(prefix) && dice.one_in(2))
			return forget(prefix);
		const bool allows = dice.one_in(2);
		const auto said = gate_->datapath().overlay({prefix, allows, {}, 1, "", 0});
		ASSERT_TRUE(said) << said.error().sentence();
		reference_->overlay(prefix, allows ? policy::Action::kAllow : policy::Action::kDeny);
		said_.insert(prefix);
		if (said_.size() > 3)
			forget(net::Prefix(*said_.begin()));
	}

	void forget(const net::Prefix& prefix)
	{
		const auto forgotten = gate_->datapath().forget(prefix);
		ASSERT_TRUE(forgotten) << forgotten.error().sentence();
		reference_->forget(prefix);
		said_.erase(prefix);
	}

	void compare_many(Dice& dice)
	{
		for (int i = 0; i < kFramesPerHalf && !HasFatalFailure(); i++) {
			if (dice.one_in(40)) {
				ASSERT_NO_FATAL_FAILURE(change_bans(dice));
			}
			if (dice.one_in(40)) {
				ASSERT_NO_FATAL_FAILURE(change_overlay(dice));
			}
			// Some come in bursts, so that limits refuse.
			const Bytes frame = random_frame(dice);
			if (!holders_.empty() && dice.one_in(4))
				ASSERT_NO_FATAL_FAILURE(change_leases(dice, frame));
			const std::uint64_t times = dice.one_in(5) ? 1 + dice.roll(12) : 1;
			for (std::uint64_t j = 0; j < times && !HasFatalFailure(); j++)
				compare(frame);
		}
	}

	std::string text_;
	policy::Policy policy_;
	std::vector<Holder> holders_;  // of the round; none: nobody leases
	std::optional<Reference> reference_;
	std::set<std::string> banned_;
	std::set<net::Prefix> said_;
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
		said_.clear();
		RandomPolicy policy = random_policy(dice);
		holders_.clear();
		for (std::size_t i = 0; policy.asks_identities && i < kHolders.size(); i++)
			holders_.push_back({kHolders[i], dice.one_in(3) ? std::set<std::string>() : std::set<std::string>{dice.pick(kRoles)}});
		ASSERT_NO_FATAL_FAILURE(begin(policy.text()));
		compare_many(dice);
		// Reloaded with another mode and default: levels, bans and leases go on.
		policy.head = random_head(dice);
		ASSERT_NO_FATAL_FAILURE(begin(policy.text()));
		compare_many(dice);
	}
	for (const auto& [reason, count] : seen_)
		std::fprintf(stderr, "%8llu %s\n", static_cast<unsigned long long>(count), reason.c_str());
}

}  // namespace sluice::test
