// `sluice-bench send`: the generator by hand, for the demo and for whoever looks around in a lab.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace sluice::bench {

struct FloodRequest {
	std::string interface = "eth0";       // of the network namespace that this runs in
	std::string from = "198.51.100.0";    // the first source
	std::string to;                       // the frames go to the MAC of the lab's gate, whatever this is
	std::string protocol = "tcp";
	std::uint16_t port = 443;
	bool syn = true;
	std::uint32_t sources = 0;            // 0: any of 2^32
	double seconds = 10;
	std::optional<std::uint64_t> rate;    // packets per second
	unsigned processor = 1;
};

// Sends, says how many frames it offered.
Result<std::uint64_t> run_flood(const FloodRequest& request);

}  // namespace sluice::bench
