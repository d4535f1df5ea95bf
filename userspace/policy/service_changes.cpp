#include "policy/service_changes.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "net/limit_algorithm.h"
#include "policy/address_key.h"
#include "policy/limits.h"
#include "policy/port_set.h"
#include "policy/words.h"

namespace sluice::policy {
namespace {

// ---- services ----

using AddressRange = std::pair<AddressKey, AddressKey>;

// What prefixes cover, of one family; those that touch as one.
std::vector<AddressRange> covered(const std::vector<net::Prefix>& prefixes, unsigned family)
{
	std::vector<AddressRange> ranges;
	for (const net::Prefix& prefix : prefixes) {
		if (prefix.family() != family)
			continue;
		const AddressKey host = prefix.length() == 0 ? ~AddressKey{0} : prefix.length() == 128 ? 0 : ~AddressKey{0} >> prefix.length();
		const AddressKey first = key_of(prefix.address());
		ranges.emplace_back(first, (first | host) & last_key(family));
	}
	std::sort(ranges.begin(), ranges.end());
	std::vector<AddressRange> merged;
	for (const AddressRange& range : ranges) {
		if (merged.empty() || (range.first > merged.back().second && range.first - merged.back().second > key_step(family)))
			merged.push_back(range);
		else
			merged.back().second = std::max(merged.back().second, range.second);
	}
	return merged;
}

bool same_addresses(const std::vector<net::Prefix>& a, const std::vector<net::Prefix>& b)
{
	return a.empty() == b.empty() && covered(a, SLUICE_IPV4) == covered(b, SLUICE_IPV4) && covered(a, SLUICE_IPV6) == covered(b, SLUICE_IPV6);
}

std::string at_length(unsigned ipv4, unsigned ipv6)
{
	return "/" + std::to_string(ipv4) + " and /" + std::to_string(ipv6);
}

std::string describe(const Service& service)
{
	std::string text = service.protocol.to_string();
	if (service.protocol.has_ports())
		text += " " + words_of(service.ports);
	text += " at " + words_of(service.addresses) + ", admits " + words_of_admit(service);
	if (service.all_sources)
		text += "; all sources: " + words_of(*service.all_sources);
	if (service.each_source)
		text += "; each source (" + at_length(service.each_source->ipv4_length, service.each_source->ipv6_length) +
			"): " + words_of(service.each_source->limit);
	if (service.each_prefix)
		text += "; each prefix (" + at_length(service.each_prefix->ipv4_length, service.each_prefix->ipv6_length) +
			"): " + words_of(service.each_prefix->limit);
	if (service.each_identity)
		text += "; each identity: " + words_of(*service.each_identity);
	if (service.unproved)
		text += "; unproved: " + words_of(service.unproved->limit) + ", beyond that " + word_of(service.unproved->beyond);
	return text;
}

Change changed(Part part, std::string subject, std::string before, std::string after)
{
	return {part, ChangeKind::kChanged, std::move(subject), std::move(before), std::move(after), {}, false};
}

void compare(const Service& before, const Service& after, Changes& changes)
{
	const std::string& name = after.name;
	if (before.protocol != after.protocol)
		changes.push_back(changed(Part::kServices, name + " protocol", before.protocol.to_string(), after.protocol.to_string()));
	if (!(PortSet(before.ports) == PortSet(after.ports)))
		changes.push_back(changed(Part::kServices, name + " ports", words_of(before.ports), words_of(after.ports)));
	if (!same_addresses(before.addresses, after.addresses))
		changes.push_back(changed(Part::kServices, name + " addresses", words_of(before.addresses), words_of(after.addresses)));
	if (before.unproved && after.unproved && before.unproved->beyond != after.unproved->beyond)
		changes.push_back(changed(Part::kServices, name + " beyond the unproved budget", word_of(before.unproved->beyond),
					  word_of(after.unproved->beyond)));
	if (words_of_admit(before) != words_of_admit(after))
		changes.push_back(changed(Part::kServices, name + " admits", words_of_admit(before), words_of_admit(after)));
}

std::map<std::string, const Service*> by_name(const Policy& policy)
{
	std::map<std::string, const Service*> services;
	for (const Service& service : policy.services)
		services.emplace(service.name, &service);
	return services;
}

// ---- limits ----

// Every place of a policy that could hold a limit. Where the other policy has no such place, what is new or gone is told
// as a whole.
std::set<std::string> holders(const Policy& policy)
{
	std::set<std::string> names = {"fragments/each-source"};
	for (const Source& source : policy.sources)
		names.insert(source.name + "/limit");
	for (const Service& service : policy.services) {
		for (const char* place : {"/all-sources", "/each-source", "/each-prefix", "/each-identity", "/unproved"})
			names.insert(service.name + place);
	}
	return names;
}

std::map<std::string, LimitUse> uses_of(const Policy& policy)
{
	std::map<std::string, LimitUse> uses;
	for (LimitUse& use : limit_uses(policy)) {
		std::string name = use.name;
		uses.emplace(std::move(name), std::move(use));
	}
	return uses;
}

void compare_meter(const std::string& subject, const LimitUse& old_use, const LimitUse& new_use, std::optional<Meter> Limit::*quantity,
		   Changes& changes)
{
	const std::optional<Meter>& before = old_use.limit->*quantity;
	const std::optional<Meter>& after = new_use.limit->*quantity;
	if (before == after)
		return;
	const ChangeKind kind = !before ? ChangeKind::kAdded : !after ? ChangeKind::kRemoved : ChangeKind::kChanged;
	changes.push_back({Part::kLimits, kind, subject, before ? words_of(*before, old_use.limit->algorithm) : "",
			   after ? words_of(*after, new_use.limit->algorithm) : "", {}, false});
}

void compare(const LimitUse& before, const LimitUse& after, Changes& changes)
{
	const std::string& name = after.name;
	if (before.limit->algorithm != after.limit->algorithm)
		changes.push_back(changed(Part::kLimits, name + " algorithm", std::string(net::name_of_algorithm(before.limit->algorithm)),
					  std::string(net::name_of_algorithm(after.limit->algorithm))));
	compare_meter(name + " packets", before, after, &Limit::packets, changes);
	compare_meter(name + " bits", before, after, &Limit::bits, changes);
	compare_meter(name + " connections", before, after, &Limit::connections, changes);
	if (before.ipv4_length != after.ipv4_length || before.ipv6_length != after.ipv6_length)
		changes.push_back(changed(Part::kLimits, name + " holds each", at_length(before.ipv4_length, before.ipv6_length),
					  at_length(after.ipv4_length, after.ipv6_length)));
	if (before.limit->keys != after.limit->keys) {
		const auto words = [](std::uint64_t keys) { return keys == 0 ? std::string("the usual number") : std::to_string(keys); };
		changes.push_back(changed(Part::kLimits, name + " keys", words(before.limit->keys), words(after.limit->keys)));
	}
}

}  // namespace

Changes service_changes(const Policy& before, const Policy& after)
{
	const auto old_services = by_name(before);
	const auto new_services = by_name(after);
	Changes changes;
	for (const auto& [name, service] : old_services) {
		if (!new_services.contains(name))
			changes.push_back({Part::kServices, ChangeKind::kRemoved, name, describe(*service), {}, {}, false});
	}
	for (const auto& [name, service] : new_services) {
		const auto known = old_services.find(name);
		if (known == old_services.end())
			changes.push_back({Part::kServices, ChangeKind::kAdded, name, {}, describe(*service), {}, false});
		else
			compare(*known->second, *service, changes);
	}
	return changes;
}

Changes limit_changes(const Policy& before, const Policy& after)
{
	const auto old_holders = holders(before);
	const auto new_holders = holders(after);
	const auto old_uses = uses_of(before);
	const auto new_uses = uses_of(after);
	Changes changes;
	for (const auto& [name, use] : old_uses) {
		if (new_holders.contains(name) && !new_uses.contains(name))
			changes.push_back({Part::kLimits, ChangeKind::kRemoved, name, words_of(*use.limit), {}, {}, false});
	}
	for (const auto& [name, use] : new_uses) {
		const auto known = old_uses.find(name);
		if (known != old_uses.end())
			compare(known->second, use, changes);
		else if (old_holders.contains(name))
			changes.push_back({Part::kLimits, ChangeKind::kAdded, name, {}, words_of(*use.limit), {}, false});
	}
	return changes;
}

Changes fragment_changes(const Policy& before, const Policy& after)
{
	const auto word = [](const Policy& policy) { return policy.fragments.action == Action::kDeny ? "drop" : "allow"; };
	if (before.fragments.action == after.fragments.action)
		return {};
	return {changed(Part::kFragments, {}, word(before), word(after))};
}

}  // namespace sluice::policy
