#include "identity/roles.h"

#include <algorithm>

namespace sluice::identity {
namespace {

// Cuts the first segment off, with the slash behind it.
std::string_view take_segment(std::string_view& rest)
{
	const std::size_t slash = std::min(rest.find('/'), rest.size());
	const std::string_view segment = rest.substr(0, slash);
	rest.remove_prefix(std::min(slash + 1, rest.size()));
	return segment;
}

bool holds(const NamePattern& pattern, const RoleFacts& facts)
{
	return pattern.text == facts.identity || (facts.is_spiffe && matches(pattern.text, facts.identity));
}

bool holds(const Scope& scope, const RoleFacts& facts)
{
	return facts.scopes != nullptr && std::find(facts.scopes->begin(), facts.scopes->end(), scope.word) != facts.scopes->end();
}

bool holds(const ClaimValue& claim, const RoleFacts& facts)
{
	const nlohmann::json* found = facts.claims;
	for (const std::string& name : claim.path) {
		if (found == nullptr || !found->is_object() || !found->contains(name))
			return false;
		found = &found->at(name);
	}
	if (found == nullptr)
		return false;
	return found->is_array() ? std::find(found->begin(), found->end(), claim.value) != found->end() : *found == claim.value;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view spiffe_id)
{
	while (!pattern.empty() && !spiffe_id.empty()) {
		const std::string_view wanted = take_segment(pattern);
		if (wanted == "**" && pattern.empty())
			return true;
		if (take_segment(spiffe_id) != wanted && wanted != "*")
			return false;
	}
	return pattern.empty() && spiffe_id.empty();
}

Roles roles_of(const std::vector<RoleRule>& rules, const RoleFacts& facts)
{
	Roles roles = 0;
	for (const RoleRule& rule : rules) {
		if (std::visit([&](const auto& by) { return holds(by, facts); }, rule.by))
			roles |= Roles{1} << rule.role;
	}
	return roles;
}

}  // namespace sluice::identity
