// Targets: which service a packet is for, as tables by protocol, port and destination.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "policy/model.h"
#include "policy/ranges.h"
#include "sluice/abi/policy.h"

namespace sluice::policy {

struct Targets {
	std::vector<sluice_cells> ports;   // SLUICE_PORT_CELLS cells of groups
	std::vector<sluice_group> groups;  // [0]: nothing is served there
	std::vector<sluice_cells> cells;   // rows of service slots, one row of `columns` after the other
	std::array<std::vector<RangeEntry>, SLUICE_FAMILIES> destinations;  // address to column
	bool by_destination = false;       // some service names addresses
};

// `slots`: the slot of each of the policy's services, by position. Requires services that do not overlap.
// Packets without ports meet only the failsafe entries without ports. Error kExhausted when the tables are too small.
Result<Targets> build_targets(const Policy& policy, const std::vector<std::uint16_t>& slots);

}  // namespace sluice::policy
