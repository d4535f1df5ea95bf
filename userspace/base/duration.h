// Durations as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace sluice {

// "10s", "5m", "2h", "1d", "1h30m": each unit at most once, the larger first. Nanoseconds. Error kInvalid otherwise, for
// zero and for more than 100 years.
Result<std::uint64_t> parse_duration(std::string_view text);

}  // namespace sluice
