// Stats: the kernel's counters with their names, summed the ways that people ask for. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "datapath/datapath.h"
#include "telemetry/count.h"
#include "telemetry/shadow_stats.h"

namespace sluice::telemetry {

struct ReasonCount {
	std::uint32_t reason = 0;
	Count count;
};

struct ServiceStats {
	std::string service;
	bool retired = false;  // no longer in the policy
	Count total;
	Count passed;
	Count dropped;
	std::vector<ReasonCount> reasons;  // those that are not zero
};

struct RuleStats {
	std::string rule;
	std::string kind;  // "list", "failsafe", "limit"
	bool retired = false;
	Count count;
};

struct Stats {
	Count total;
	Count passed;
	Count dropped;
	std::uint64_t events_lost = 0;
	std::vector<ReasonCount> reasons;     // every reason of the list, zero or not, and any number besides that counted
	std::vector<ServiceStats> services;   // every slot that has a name or counted
	std::vector<RuleStats> rules;         // every number that has a name or counted
	std::optional<ShadowStats> shadow;    // the caller's to fill in; none: no candidate is shadowed
};

// `services` by slot, `rules` by number: the names of the running generation. Rows beyond them are shown by number.
Stats sum(const datapath::Counters& counters, std::span<const sluice_name> services, std::span<const sluice_name> rules);

nlohmann::json to_json(const Stats& stats);
// Prometheus text exposition format 0.0.4.
std::string to_prometheus(const Stats& stats);

}  // namespace sluice::telemetry
