#include "daemon/port_terms.h"

namespace sluice::daemon {

std::optional<IdentityPort::Wanted> port_terms(const policy::Policy& policy, const std::vector<sluice_name>& role_names,
					       const ReadIdentityFile& read, const Accounts& accounts)
{
	const policy::Identities& of = policy.identities;
	if (!of.port && !of.authorization)
		return std::nullopt;
	IdentityPort::Wanted wanted{identity_setup(policy, role_names, 0, read), {}, {}};
	if (of.port)
		wanted.listen = of.port->listen;
	if (of.authorization) {
		auto made = authorization_setup(*of.authorization, accounts);
		wanted.setup.authorization = std::move(made.authorization);
		wanted.problems = std::move(made.problems);
	}
	return wanted;
}

}  // namespace sluice::daemon
