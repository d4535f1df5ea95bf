// Coverage: which packets failsafe entries let in, as cells of `ports` (abi/policy.h): protocol and destination port, and
// every protocol for what has no ports.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/image.h"
#include "sluice/abi/policy.h"

namespace sluice::policy {

using CellSet = std::bitset<SLUICE_PORT_CELLS>;

// The failsafe entries of an image, asked again and again.
class Coverage {
public:
	explicit Coverage(const Image& image);

	// What the entries of `mask` (bit i: entry i) name.
	CellSet of(std::uint64_t mask) const;

private:
	// Neighbouring cells that the same entries name.
	struct Run {
		std::uint32_t first = 0;
		std::uint32_t end = 0;
		std::uint64_t failsafe = 0;
	};
	std::vector<Run> runs_;
};

// "tcp port 22", "tcp ports 22, 80-90; udp; icmp", "everything". Fragments of TCP and UDP, which have no ports, are told
// where not the whole protocol is named.
std::string words_of(const CellSet& cells);

}  // namespace sluice::policy
