// GateState: all that outlives a packet, byte for byte: to prove that something changed nothing.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "support/gate.h"

namespace sluice::test {

// Counters, rule counters, buckets, bans and their lengths, event gauges, hash key, proved sources, cookies: what each map holds. Not the events:
// events_waiting() takes those.
using GateState = std::map<std::string, std::vector<std::byte>>;

Result<GateState> state_of(Gate& gate);
// How many there were; they are gone.
Result<std::size_t> events_waiting(Gate& gate);
// The maps that differ.
std::vector<std::string> changes(const GateState& before, const GateState& after);

}  // namespace sluice::test
