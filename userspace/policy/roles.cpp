#include "policy/roles.h"

namespace sluice::policy {

std::vector<RoleUse> roles_of(const Policy& policy)
{
	std::vector<RoleUse> uses;
	for (const Role& role : policy.identities.roles)
		uses.push_back({role.name, &role.identities, &role});
	for (const Service& service : policy.services) {
		if (!service.identities.empty())
			uses.push_back({service.name + "/identities", &service.identities, nullptr});
	}
	return uses;
}

std::vector<std::string> roles_of(const Service& service)
{
	std::vector<std::string> names = service.roles;
	if (!service.identities.empty())
		names.push_back(service.name + "/identities");
	return names;
}

}  // namespace sluice::policy
