// IdentitySetup: what the identity port is to work by, from the policy that runs and the files that it names.
//
// Files are read here, since the port opens none: those that change beside the policy (revocation lists, key sets, the
// port's certificate and key) at every call, the authorities' certificates as they were when the policy was read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/model.h"
#include "port/messages.h"
#include "sluice/abi/policy.h"

namespace sluice::daemon {

using ReadIdentityFile = std::function<Result<std::string>(const std::string& path)>;

// `role_names`: by bit, as the generation that runs has them; a role that it does not have is nobody's. A file that cannot
// be read is a File with a problem. Listeners are the texts of the policy's endpoints, in its order; none without a port.
// Who may ask for others is not among it (authorization_setup.h). Requires a policy that validates.
port::Setup identity_setup(const policy::Policy& policy, const std::vector<sluice_name>& role_names, std::uint64_t serial,
			   const ReadIdentityFile& read);

}  // namespace sluice::daemon
