// Bans as people ask for them: several at once, durations instead of clock readings.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "control/messages.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

inline constexpr std::uint64_t kLongestBanNs = 10ull * 365 * 24 * 3600 * 1'000'000'000;

// Those that stand, in the order of their prefixes.
Result<std::vector<control::BanRow>> list_bans(datapath::Datapath& datapath, const Clock& clock);
// All of them or, on error, none: what stood before stands again. Longer than kLongestBanNs is kInvalid.
Result<void> set_bans(datapath::Datapath& datapath, const Clock& clock, const control::BanRequest& request);
// Likewise. Error kNotFound names the first that does not stand.
Result<void> lift_bans(datapath::Datapath& datapath, const std::vector<net::Prefix>& prefixes);

}  // namespace sluice::daemon
