// The screen of `sluice top`: what happened between two answers of GET /v1/stats, and who stands behind the drops. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/counters.h"
#include "cli/talkers.h"
#include "text/style.h"

namespace sluice::cli {

struct Top {
	struct Verdict {
		std::string reason;
		std::string verdict;
		double packets_per_second = 0;
		double bits_per_second = 0;
	};
	struct Service {
		std::string name;
		double passed_per_second = 0;
		double dropped_per_second = 0;
	};

	double packets_per_second = 0;
	double bits_per_second = 0;
	std::vector<Verdict> verdicts;    // the fastest first; those at rest are left out
	std::vector<Service> services;    // by what is dropped, then by what passes
	std::uint64_t sampled_drops = 0;  // of which the next two tell
	std::vector<Talker> sources;
	std::vector<Talker> identities;
};

// At most `rows` of each kind.
Top top_of(const Counters& now, const Before& before, const Talkers& talkers, std::size_t rows);

std::string render(const Top& top, const text::Style& style);
control::Json to_json(const Top& top);

}  // namespace sluice::cli
