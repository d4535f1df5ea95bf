// A policy from its file: read, parse, validate. What `sluice check`, `sluice apply` and the daemon begin with.
#pragma once

#include <string>
#include <vector>

#include "policy/parse.h"

namespace sluice::policy {

struct Loaded {
	std::optional<Policy> policy;    // none if a diagnostic is an error
	std::vector<std::string> files;  // to watch: the policy, then every list it names, also those that cannot be read
	Diagnostics diagnostics;         // all of them
};

// A file that cannot be read is a diagnostic too. Diagnostics name files as `path` does; `files` and the policy's own
// are absolute, by the process's working directory.
Loaded load_policy(const std::string& path);

}  // namespace sluice::policy
