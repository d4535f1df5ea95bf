#include "daemon/authorization_setup.h"

#include "control/peer.h"

namespace sluice::daemon {

Accounts host_accounts()
{
	return {control::user_id, control::group_id};
}

AuthorizationSetup authorization_setup(const policy::Authorization& policy, const Accounts& accounts)
{
	AuthorizationSetup made;
	made.authorization.socket = policy.socket;
	made.authorization.demand = {.token = policy.needs_token, .unbound_is_enough = policy.takes_unbound_tokens};
	const auto find_all = [&made](const std::vector<std::string>& names, const Accounts::Find& find, const char* what) {
		std::vector<std::uint32_t> ids;
		for (const std::string& name : names) {
			if (const auto id = find(name))
				ids.push_back(*id);
			else
				made.problems.push_back(std::string("authorize: there is no ") + what + " '" + name + "' on this host, so nobody asks as one");
		}
		return ids;
	};
	made.authorization.users = find_all(policy.users, accounts.user, "user");
	made.authorization.groups = find_all(policy.groups, accounts.group, "group");
	return made;
}

}  // namespace sluice::daemon
