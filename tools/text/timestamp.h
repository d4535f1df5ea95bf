// Times as text: RFC 3339 in UTC.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::text {

// "2026-11-24T05:02:41Z"; nanoseconds since 1970.
std::string timestamp(std::uint64_t unix_ns);

}  // namespace sluice::text
