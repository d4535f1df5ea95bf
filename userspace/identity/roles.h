// Roles: what an identity may be, as bits; from its SPIFFE ID, from its token, or from its name in policy.
//
// A role is a bit in the kernel's identity slot, and a service's `admit` is a mask of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

namespace sluice::identity {

using Roles = std::uint64_t;

// A name of an identity, or a pattern of SPIFFE IDs: `*` stands for one segment, `**` at the end for one or more.
// "spiffe://prod.example/ns/*/sa/billing", "spiffe://prod.example/ns/edge/**".
struct NamePattern {
	std::string text;
};

// A word of the token's `scope`.
struct Scope {
	std::string word;
};

// A member of the token's claims, reached by names from the outside in, that is this string or an array that holds it:
// {"realm_access", "roles"} and "reader".
struct ClaimValue {
	std::vector<std::string> path;
	std::string value;
};

struct RoleRule {
	std::variant<NamePattern, Scope, ClaimValue> by;
	unsigned role = 0;  // below 64
};

// What the rules look at. Requires claims that were verified; null without a token.
struct RoleFacts {
	std::string_view identity;
	bool is_spiffe = false;
	const std::vector<std::string>* scopes = nullptr;
	const nlohmann::json* claims = nullptr;
};

Roles roles_of(const std::vector<RoleRule>& rules, const RoleFacts& facts);

// Segment by segment; wildcards count only against SPIFFE IDs, whose segments hold no `*`.
bool matches(std::string_view pattern, std::string_view spiffe_id);

}  // namespace sluice::identity
