// Counters: what GET /v1/stats answers, as values, tables, and rates between two answers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/shadow_counters.h"
#include "control/messages.h"
#include "text/style.h"

namespace sluice::cli {

struct Count {
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;
};

struct Counters {
	struct Reason {
		std::string name;
		std::string verdict;
		Count count;
	};
	struct Service {
		std::string name;
		bool retired = false;
		Count passed;
		Count dropped;
	};
	struct Rule {
		std::string name;
		std::string kind;
		bool retired = false;
		Count count;
	};

	Count total;
	std::uint64_t events_lost = 0;
	std::vector<Reason> reasons;
	std::vector<Service> services;
	std::vector<Rule> rules;
	std::optional<ShadowCounters> shadow;
};

// Error kFailed when the answer is not one.
Result<Counters> parse_counters(const control::Json& json);

// What grew a second; a counter that went back started anew.
double per_second(std::uint64_t now, std::uint64_t before, double seconds);

// An earlier answer, and how long ago it was.
struct Before {
	const Counters& counters;
	double seconds;  // > 0
};

// Tables by reason, service and rule; with columns of rates where there is a `before`. What is zero or retired only
// if `all`: then every reason there is has a row.
std::string render(const Counters& counters, const std::optional<Before>& before, bool all, const text::Style& style);

}  // namespace sluice::cli
