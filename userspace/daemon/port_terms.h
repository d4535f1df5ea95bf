// PortTerms: what the identity port's process is for, from the policy that runs, the files that it names, and this host.
#pragma once

#include <optional>
#include <vector>

#include "daemon/authorization_setup.h"
#include "daemon/identity_port.h"
#include "daemon/identity_setup.h"

namespace sluice::daemon {

// Nothing where the policy has neither a port nor an authorization endpoint. Otherwise as identity_setup().
std::optional<IdentityPort::Wanted> port_terms(const policy::Policy& policy, const std::vector<sluice_name>& role_names,
					       const ReadIdentityFile& read, const Accounts& accounts);

}  // namespace sluice::daemon
