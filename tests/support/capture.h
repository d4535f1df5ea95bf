// Captures: frames of a pcap or pcapng file with their times, and where the shared captures are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "support/packet.h"

namespace sluice::test {

struct CapturedFrame {
	Bytes bytes;  // as captured
	std::uint64_t unix_ns = 0;
};

struct Capture {
	bool ethernet = true;  // else frames begin with the IP header
	std::vector<CapturedFrame> frames;
};

// Error when the file cannot be read to its end, or its link type is neither Ethernet nor raw IP.
Result<Capture> read_capture(const std::string& path);

// A frame around an IP packet, by its version.
Bytes with_ethernet(const Bytes& packet);

// Packets dropped by capture and reason, where everything is allowed (tests/datapath/captures.txt): "attacks/icmpv6-rsmurf.pcap
// source-address 1000". A capture that is not named has none.
using Drops = std::map<std::string, std::uint64_t>;
std::map<std::string, Drops> expected_drops();

// Where the project's captures lie, beside the source tree; none where they are absent.
std::optional<std::string> captures_directory();

}  // namespace sluice::test
