// Bans that another ABI version pinned, as this one keeps them.
#pragma once

#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/map.h"
#include "sluice/abi/ban.h"

namespace sluice::kernel {

// Expired ones too. Error kUnsupported when their layout is not known.
Result<std::vector<std::pair<sluice_ban_key, sluice_ban>>> read_foreign_bans(const Map& bans);

}  // namespace sluice::kernel
