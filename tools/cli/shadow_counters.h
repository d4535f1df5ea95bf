// ShadowCounters: of GET /v1/stats, where a candidate and the running policy disagree; as values and tables. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/messages.h"
#include "text/style.h"

namespace sluice::cli {

struct ShadowCounters {
	struct Pair {
		std::string running;  // reasons
		std::string candidate;
		bool running_passes = false;
		bool candidate_passes = false;
		std::uint64_t packets = 0;
		std::uint64_t bytes = 0;
	};
	struct Service {
		std::string name;
		std::uint64_t agreed = 0;  // packets
		std::uint64_t would_drop = 0;
		std::uint64_t would_pass = 0;
	};

	control::Shadow shadow;
	std::uint64_t missed = 0;  // packets
	std::vector<Pair> pairs;
	std::vector<Service> services;
};

Result<ShadowCounters> parse_shadow_counters(const control::Json& json);

// One line, and tables of the pairs and services that disagree; with `all` of those that agree too.
std::string render(const ShadowCounters& counters, bool all, const text::Style& style);

}  // namespace sluice::cli
