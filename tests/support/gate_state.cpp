#include "support/gate_state.h"

namespace sluice::test {

Result<GateState> state_of(Gate& gate)
{
	GateState state;
	for (const char* name : {"counters", "rule_counters", "buckets", "ban_lengths", "ban_sieve", "event_gauges", "hash_key", "identities",
				 "identity_names", "binding_lengths", "proofs", "cookies"}) {
		SLUICE_TRY_ASSIGN(const kernel::Map map, gate.state(name));
		SLUICE_TRY_ASSIGN(state[name], map.read(map.shape().max_entries));
	}
	for (const char* name : {"bans", "bindings"}) {
		SLUICE_TRY_ASSIGN(const kernel::Map map, gate.state(name));
		SLUICE_TRY_ASSIGN(kernel::Map::Entries entries, map.entries());
		entries.keys.insert(entries.keys.end(), entries.values.begin(), entries.values.end());
		state[name] = std::move(entries.keys);
	}
	return state;
}

Result<std::size_t> events_waiting(Gate& gate)
{
	std::size_t count = 0;
	SLUICE_TRY(gate.datapath().drain_events([&count](const sluice_event&) { count++; }));
	return count;
}

std::vector<std::string> changes(const GateState& before, const GateState& after)
{
	std::vector<std::string> names;
	for (const auto& [name, bytes] : before) {
		if (after.at(name) != bytes)
			names.push_back(name);
	}
	return names;
}

}  // namespace sluice::test
