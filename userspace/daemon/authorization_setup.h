// AuthorizationSetup: who may ask for others, from the policy's names and the host's users and groups.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/model.h"
#include "port/messages.h"

namespace sluice::daemon {

// By name, or by number as text; nothing: there is none.
struct Accounts {
	using Find = std::function<std::optional<std::uint32_t>(const std::string& name)>;
	Find user;
	Find group;
};
// Of this host.
Accounts host_accounts();

struct AuthorizationSetup {
	port::Authorization authorization;
	std::vector<std::string> problems;  // of names that the host does not know, and that are nobody's: a sentence each
};
AuthorizationSetup authorization_setup(const policy::Authorization& policy, const Accounts& accounts);

}  // namespace sluice::daemon
