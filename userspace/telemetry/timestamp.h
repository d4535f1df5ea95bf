// Timestamp: a wall-clock time as RFC 3339 in UTC, with milliseconds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::telemetry {

// Nanoseconds since 1970 to "2026-11-24T05:02:41.123Z"; what is below a millisecond is cut.
std::string timestamp(std::uint64_t unix_ns);
// The way back, for "…Z" with or without a fraction of up to nine digits. Error kInvalid otherwise.
Result<std::uint64_t> parse_timestamp(std::string_view text);

}  // namespace sluice::telemetry
