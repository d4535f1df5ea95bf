// Frame: an Ethernet frame in words, and its bytes. Checksums are right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/protocol.h"

namespace sluice::lab {

struct Frame {
	net::Address source;
	net::Address destination;
	net::Protocol protocol = net::kUdp;
	std::uint16_t source_port = 40000;
	std::uint16_t destination_port = 443;
	bool syn = false;                  // TCP: SYN; otherwise ACK
	std::vector<std::uint16_t> tags;   // VLAN numbers, outermost first; two make QinQ
	bool other_host = false;           // to a MAC that nobody has: past XDP, the stack drops it at once
	std::size_t length = 60;           // bytes without the checksum of the link; rounded up to what the headers need
};

// Where things stand in a frame's bytes; 0: not there.
struct FrameBytes {
	std::vector<std::uint8_t> bytes;
	std::uint32_t source_at = 0;
	std::uint32_t port_at = 0;
	std::uint32_t ip_at = 0;
	std::uint32_t ip_checksum_at = 0;
	std::uint32_t transport_at = 0;
	std::uint32_t transport_checksum_at = 0;
	std::uint32_t headers = 0;  // bytes until the end of the transport header
};

// Requires source and destination of one family. From kWorldMac to kGateMac.
FrameBytes to_bytes(const Frame& frame);

// Ones' complement sum of native 16-bit words, folded (RFC 1071). An odd last byte counts as if followed by a zero.
std::uint32_t ones_sum(const std::uint8_t* at, std::size_t size);
// The same of pseudo header and transport part, for the bytes as they are.
std::uint32_t transport_sum(const FrameBytes& frame);

}  // namespace sluice::lab
