// A policy's meaning from its file, for those who ask about a policy without installing it: `sluice diff`, `sluice test`.
#pragma once

#include <optional>
#include <string>

#include "policy/diagnostic.h"
#include "policy/meaning.h"

namespace sluice::policy {

struct LoadedMeaning {
	std::optional<Meaning> meaning;  // none if a diagnostic is an error
	Diagnostics diagnostics;         // all of them
};

// As load_policy (policy/load.h); what a policy is too large for is a diagnostic, too. Its limits have a table of their own
// that is large enough: whether a host's has room only its daemon knows.
LoadedMeaning load_meaning(const std::string& path);

}  // namespace sluice::policy
