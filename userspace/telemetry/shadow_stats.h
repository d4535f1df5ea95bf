// ShadowStats: where a candidate and the running policy agree and where not, with names. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "datapath/datapath.h"
#include "telemetry/count.h"

namespace sluice::telemetry {

// Packets by what would become of them were the candidate to decide.
struct Outcomes {
	Count agreed;      // the same as does, for the same or another reason
	Count would_drop;  // they pass
	Count would_pass;  // they are dropped
};

struct PairStats {
	std::uint32_t running = 0;  // reasons
	std::uint32_t candidate = 0;
	Count count;
};

struct ServiceOutcomes {
	std::string service;  // by the running policy
	Outcomes outcomes;
};

struct ShadowStats {
	std::string path;    // of the candidate
	std::string digest;
	std::uint64_t since_unix_ns = 0;
	Outcomes outcomes;
	Count missed;        // packets that never reached the candidate
	std::vector<PairStats> pairs;           // those that are not zero, the running policy's reason first
	std::vector<ServiceOutcomes> services;  // those that are not zero
};

// `services` by slot: the names of the running generation. Path, digest and time are the caller's to fill in.
ShadowStats sum(const datapath::ShadowCounters& counters, std::span<const sluice_name> services);

nlohmann::json to_json(const ShadowStats& stats);
// Prometheus text exposition format 0.0.4.
std::string to_prometheus(const ShadowStats& stats);

}  // namespace sluice::telemetry
