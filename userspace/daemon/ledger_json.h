// The ledger as JSON: how it lies on disk.
#pragma once

#include <string>

#include "daemon/ledger.h"

namespace sluice::daemon {

std::string to_text(const Ledger& ledger);
// The way back. Error kInvalid for what no ledger of this version says.
Result<Ledger> parse_ledger(const std::string& text);

}  // namespace sluice::daemon
