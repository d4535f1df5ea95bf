// What came of a policy that took another's place, for people: apply, promote, rollback.
#pragma once

#include <string>

#include "cli/verb.h"
#include "control/messages.h"

namespace sluice::cli {

// Prints the daemon's answer to `what`, and how the verb ends.
ExitCode show_applied(Context& context, const std::string& what, const Result<control::Json>& answer);
// "generation 5 waits for its confirmation: 59s left, then the policy of generation 4 comes back (sluice confirm)".
std::string sentence(const control::Waiting& waiting);
// "/etc/sluice/new.yaml is judged beside it since 2026-05-01T10:00:00Z, digest 0123456789ab (sluice stats, …)".
std::string sentence(const control::Shadow& shadow);

}  // namespace sluice::cli
