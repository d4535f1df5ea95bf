// The diff of two policies against brute force: the address space cut at every prefix that either names, each piece asked
// by linear search in the parsed policies. Needs no root; includes no ring 1.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/random_policy.h"
#include "policy/compile.h"
#include "policy/diff.h"
#include "support/gate.h"

namespace sluice::test {
namespace {

using Number = unsigned __int128;

Number number_of(const net::Address& address)
{
	Number number = 0;
	for (const std::uint8_t byte : address.bytes())
		number = number << 8 | byte;
	return address.is_ipv4() ? number & 0xffffffffu : number;
}

net::Address address_at(Number number, bool ipv4)
{
	std::array<std::uint8_t, 16> bytes{};
	for (std::size_t i = 0; i < 16; i++)
		bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
	if (ipv4)
		bytes[10] = bytes[11] = 0xff;
	return net::Address::from_bytes(bytes);
}

const policy::Source* list_of(const policy::Policy& policy, const net::Address& source)
{
	const policy::Source* best = nullptr;
	int length = -1;
	for (const auto& list : policy.sources) {
		for (const auto& listed : list.prefixes) {
			if (listed.prefix.contains(source) && static_cast<int>(listed.prefix.length()) > length) {
				best = &list;
				length = static_cast<int>(listed.prefix.length());
			}
		}
	}
	return best;
}

// Which packets of a source the failsafe lets in, asked by example.
std::set<std::string> failsafe_of(const policy::Policy& policy, const net::Address& source, const std::vector<std::uint16_t>& ports)
{
	std::set<std::string> held;
	for (const auto& entry : policy.failsafe) {
		if (std::none_of(entry.from.begin(), entry.from.end(), [&](const net::Prefix& p) { return p.contains(source); }))
			continue;
		for (const unsigned protocol : {1u, 6u, 17u, 47u, 99u}) {
			if (entry.protocol && entry.protocol->number != protocol)
				continue;
			if (entry.ports.empty())
				held.insert(std::to_string(protocol) + " without ports");
			for (const std::uint16_t port : ports) {
				const bool named = entry.ports.empty() || std::any_of(entry.ports.begin(), entry.ports.end(),
										     [port](const net::PortRange& r) { return r.contains(port); });
				if ((protocol == 6 || protocol == 17) && named)
					held.insert(std::to_string(protocol) + ":" + std::to_string(port));
			}
		}
	}
	return held;
}

// What brute force says: addresses by kind of change, and those that lose or gain failsafe.
using Sums = std::map<std::string, Number>;

std::string kind_of(const policy::Policy& a, const policy::Policy& b, const net::Address& source)
{
	const policy::Source* before = list_of(a, source);
	const policy::Source* after = list_of(b, source);
	const auto passes = [](const policy::Policy& p, const policy::Source* list) {
		return (list != nullptr ? list->action : p.default_action) == policy::Action::kAllow;
	};
	if (passes(a, before) != passes(b, after))
		return passes(b, after) ? "allowed" : "denied";
	const auto allowed = [](const policy::Source* list) { return list != nullptr && list->action == policy::Action::kAllow; };
	if (allowed(before) != allowed(after))
		return allowed(after) ? "listed" : "unlisted";
	if (allowed(before)) {
		const auto meters = [](const policy::Source* list) {
			const policy::Limit limit = list->limit.value_or(policy::Limit{});
			return std::make_tuple(limit.packets, limit.bits, limit.connections);
		};
		if (meters(before) != meters(after))
			return "limited";
	}
	const std::string old_name = before != nullptr ? before->name : "";
	const std::string new_name = after != nullptr ? after->name : "";
	return old_name != new_name ? "moved" : "";
}

class DiffModel : public testing::Test {
protected:
	static policy::Policy parsed(const std::string& text)
	{
		const auto policy = policy_of(text);
		EXPECT_TRUE(policy) << text;
		return policy ? *policy : policy::Policy{};
	}

	static policy::Meaning meaning(const policy::Policy& policy)
	{
		auto image = policy::compile(policy, {}, {.bucket_sets = 1u << 19});
		EXPECT_TRUE(image);
		return policy::meaning_of(policy, std::move(*image));
	}

	static std::set<Number> cuts(const policy::Policy& a, const policy::Policy& b, bool ipv4)
	{
		std::set<Number> cuts = {0};
		const auto add = [&](const net::Prefix& prefix) {
			if (prefix.address().is_ipv4() != ipv4)
				return;
			const unsigned bits = ipv4 ? 32 : 128;
			const Number first = number_of(prefix.address());
			const Number size = prefix.length() == 0 ? 0 : Number{1} << (bits - prefix.length());
			cuts.insert(first);
			if (size != 0 && (ipv4 ? first + size <= 0xffffffffu : first + size > first))
				cuts.insert(first + size);
		};
		for (const policy::Policy* policy : {&a, &b}) {
			for (const auto& list : policy->sources)
				for (const auto& listed : list.prefixes)
					add(listed.prefix);
			for (const auto& entry : policy->failsafe)
				for (const auto& prefix : entry.from)
					add(prefix);
		}
		return cuts;
	}

	static Sums brute(const policy::Policy& a, const policy::Policy& b, bool ipv4)
	{
		std::vector<std::uint16_t> ports = kPorts;
		ports.insert(ports.end(), {0, 21, 23, 79, 8081, 65535});
		Sums sums;
		const auto points = cuts(a, b, ipv4);
		for (auto at = points.begin(); at != points.end(); ++at) {
			const Number end = std::next(at) != points.end() ? *std::next(at) : ipv4 ? Number{1} << 32 : 0;
			const net::Address source = address_at(*at, ipv4);
			sums[kind_of(a, b, source)] += end - *at;
			const auto held = failsafe_of(a, source, ports);
			const auto holds = failsafe_of(b, source, ports);
			if (!std::includes(holds.begin(), holds.end(), held.begin(), held.end()))
				sums["lost"] += end - *at;
			if (!std::includes(held.begin(), held.end(), holds.begin(), holds.end()))
				sums["gained"] += end - *at;
		}
		sums.erase("");
		return sums;
	}

	// Modulo 2^128, as brute force sums.
	static Number value_of(const policy::AddressCount& count)
	{
		Number value = 0;
		for (const char digit : count.to_string())
			value = value * 10 + static_cast<Number>(digit - '0');
		return value;
	}

	static Sums told(const policy::Changes& changes, bool ipv4)
	{
		Sums sums;
		for (const auto& change : changes) {
			if (change.sources && !(ipv4 ? change.sources->ipv4 : change.sources->ipv6).is_zero())
				sums[policy::kind_name(change.kind)] += value_of(ipv4 ? change.sources->ipv4 : change.sources->ipv6);
		}
		return sums;
	}
};

TEST_F(DiffModel, RandomPoliciesDifferAsBruteForceSays)
{
	Dice dice(seed_of_run());
	std::map<std::string, int> met;
	const std::uint64_t rounds = rounds_of_run(150);
	for (std::uint64_t round = 0; round < rounds && !HasFailure(); round++) {
		const std::string old_text = random_policy(dice).text();
		const std::string new_text = random_policy(dice).text();
		const policy::Policy before = parsed(old_text);
		const policy::Policy after = parsed(new_text);
		const auto changes = policy::diff(meaning(before), meaning(after));
		ASSERT_TRUE(changes) << changes.error().sentence();
		for (const bool ipv4 : {true, false}) {
			const Sums expected = brute(before, after, ipv4);
			EXPECT_TRUE(told(*changes, ipv4) == expected) << old_text << "\n-->\n" << new_text;
			for (const auto& [kind, count] : expected)
				met[kind]++;
		}
		const auto none = policy::diff(meaning(before), meaning(before));
		EXPECT_TRUE(none && none->empty()) << old_text;
	}
	for (const char* kind : {"denied", "allowed", "listed", "unlisted", "limited", "moved", "lost", "gained"})
		EXPECT_GT(met[kind], 0) << kind << " was never met";
}

// What is gone one way is there the other way.
TEST_F(DiffModel, TheOtherWayRoundIsTheOpposite)
{
	static const std::map<std::string, std::string> opposite = {{"denied", "allowed"}, {"allowed", "denied"}, {"listed", "unlisted"},
								    {"unlisted", "listed"}, {"limited", "limited"}, {"moved", "moved"},
								    {"lost", "gained"},	    {"gained", "lost"}};
	Dice dice(seed_of_run());
	const std::uint64_t rounds = rounds_of_run(60);
	for (std::uint64_t round = 0; round < rounds && !HasFailure(); round++) {
		const policy::Meaning a = meaning(parsed(random_policy(dice).text()));
		const policy::Meaning b = meaning(parsed(random_policy(dice).text()));
		const auto there = policy::diff(a, b);
		const auto back = policy::diff(b, a);
		ASSERT_TRUE(there && back);
		for (const bool ipv4 : {true, false}) {
			Sums turned;
			for (const auto& [kind, count] : told(*there, ipv4))
				turned[opposite.at(kind)] += count;
			EXPECT_TRUE(turned == told(*back, ipv4));
		}
	}
}

}  // namespace
}  // namespace sluice::test
