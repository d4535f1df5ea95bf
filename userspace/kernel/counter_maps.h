// Counters and lost events, out of their per-processor maps.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/map.h"

namespace sluice::kernel {

// Sums over processors of the first `services` slots and `rules` numbers; rows that are not zero. Requires both within
// their tables.
Result<datapath::Counters> read_counters(const Map& counters, const Map& rule_counters, const Map& event_gauges,
					 std::uint32_t services, std::uint32_t rules);

}  // namespace sluice::kernel
