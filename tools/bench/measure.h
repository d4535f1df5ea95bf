// Measuring a contestant: frames taken off its link per second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench.h"
#include "contestant.h"
#include "lab/flood.h"

namespace sluice::bench {

// TCP to port 443 of the gate, from as many sources.
lab::FloodShape api_flood(std::uint32_t sources, bool ipv6);
// "1", "1000", "random".
std::string sources_text(std::uint32_t sources);

// "0.68 x".
std::string times(double value);
// Frames that the gate's interface has received since it exists. 32 bits, they wrap.
Result<std::uint32_t> received(lab::Wire& wire);

// Millions a second, rounds in turns: A B C A B C. One row of `options.rounds` values per contestant, in their order.
Result<std::vector<std::vector<double>>> measure_in_turns(std::vector<std::unique_ptr<Contestant>>& contestants,
							  const lab::FloodShape& shape, const Options& options);

}  // namespace sluice::bench
