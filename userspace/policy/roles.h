// Roles of a policy, as they are numbered: those it names, and for every service that admits identities by name one of its
// own, so that all that a service admits is one mask.
#pragma once

#include <string>
#include <vector>

#include "policy/model.h"
#include "sluice/abi/identity.h"

namespace sluice::policy {

inline constexpr std::size_t kMostRoles = SLUICE_MAX_ROLES - SLUICE_ROLE_FIRST;

struct RoleUse {
	std::string name;  // "reader"; "api/identities"
	const std::vector<std::string>* identities = nullptr;
	const Role* role = nullptr;  // null: of a service that names identities
};

// In the order of the policy; the pointers are into it.
std::vector<RoleUse> roles_of(const Policy& policy);
// Those that a service admits, by name.
std::vector<std::string> roles_of(const Service& service);

}  // namespace sluice::policy
