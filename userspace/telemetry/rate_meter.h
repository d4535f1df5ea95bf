// RateMeter: rates from successive readings of counters that only grow.
#pragma once

#include <cstdint>
#include <optional>

#include "telemetry/stats.h"

namespace sluice::telemetry {

struct Rates {
	std::uint64_t packets_per_second = 0;
	std::uint64_t passed_per_second = 0;
	std::uint64_t dropped_per_second = 0;
	std::uint64_t bits_per_second = 0;
};

class RateMeter {
public:
	// A reading at `mono_ns`. One that is not later than the last is ignored; one that is lower (the counters were made
	// anew) begins anew.
	void read(std::uint64_t mono_ns, const Stats& stats);
	// Between the last two readings; zero before there are two.
	const Rates& rates() const { return rates_; }

private:
	struct Reading {
		std::uint64_t mono_ns = 0;
		Count total;
		Count passed;
		Count dropped;
	};
	std::optional<Reading> last_;
	Rates rates_;
};

}  // namespace sluice::telemetry
