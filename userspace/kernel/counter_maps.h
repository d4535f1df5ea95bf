// Counters and lost events, out of their per-processor maps.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/map.h"
#include "kernel/undo.h"

namespace sluice::kernel {

// Sums over processors of the first `count` elements, which the map has.
Result<std::vector<sluice_counter>> read_sums(const Map& map, std::uint32_t count);

// Sums over processors of the first `services` slots and `rules` numbers; rows that are not zero. Requires both within
// their tables.
Result<datapath::Counters> read_counters(const Map& counters, const Map& rule_counters, const Map& event_gauges,
					 std::uint32_t services, std::uint32_t rules);

// Service slots, rule numbers and roles (by bit) that begin to mean something else.
struct Renamed {
	std::vector<std::uint32_t> services;
	std::vector<std::uint32_t> rules;
	std::uint64_t roles = 0;
};

// Elements of a per-processor array: `each` for every slot.
struct Rows {
	const Map* map = nullptr;
	const std::vector<std::uint32_t>* slots = nullptr;
	std::uint32_t each = 1;
};

// Zeroes what stands in them, on every processor; `undo` puts it back as it was, and must not outlive the maps. On
// failure what was zeroed is for `undo` to put back. Requires that no attached program counts there.
Result<void> zero_counters(Calls& calls, const std::vector<Rows>& rows, Undo& undo);

}  // namespace sluice::kernel
