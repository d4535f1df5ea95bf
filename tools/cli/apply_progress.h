// What `sluice apply` shows while the daemon is at work on a policy.
#pragma once

#include <string>

#include "cli/verb.h"
#include "control/messages.h"
#include "text/style.h"

namespace sluice::cli {

// "FILE: reading, 2 lists (10.0 MiB), 1.2s".
std::string sentence(const control::Applying& applying, const text::Style& style);

// Posts `body`, and until the answer is there asks the daemon how far it is and says so on the terminal that errors go
// to. Nothing is asked nor shown for what is answered at once, without a terminal, or with --json.
Result<control::Json> post_with_progress(Context& context, const std::string& target, const control::Json& body);

}  // namespace sluice::cli
