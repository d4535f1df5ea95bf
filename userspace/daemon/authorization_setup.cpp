#include "daemon/authorization_setup.h"

#include "control/peer.h"
#include "policy/meter.h"

namespace sluice::daemon {
namespace {

// Requires a limit that validates.
port::RequestLimit limit_of(const policy::RequestLimit& policy)
{
	const policy::Meter& meter = *policy.limit.packets;
	port::RequestLimit limit{policy.header, meter.rate.count, meter.rate.period_seconds, {}};
	if (const auto expressed = policy::express(meter, SLUICE_PACKETS, policy.limit.algorithm))
		limit.meter = *expressed;
	return limit;
}

}  // namespace

Accounts host_accounts()
{
	return {control::user_id, control::group_id};
}

AuthorizationSetup authorization_setup(const policy::Authorization& policy, const Accounts& accounts)
{
	AuthorizationSetup made;
	made.authorization.socket = policy.socket;
	made.authorization.demand = {.token = policy.needs_token, .unbound_is_enough = policy.takes_unbound_tokens};
	made.authorization.anonymous = policy.takes_anonymous;
	for (const policy::RequestLimit& limit : policy.limits)
		made.authorization.limits.push_back(limit_of(limit));
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
