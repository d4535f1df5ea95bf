// DescribedPacket: a packet in people's words, and the frame that it describes: what `sluice explain`, `sluice test` and
// the guard ask about.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"
#include "net/protocol.h"

namespace sluice::net {

struct DescribedPacket {
	Endpoint source;
	Endpoint destination;
	Protocol protocol = kTcp;
	bool syn = false;       // TCP: opens a connection; otherwise it belongs to one
	bool fragment = false;  // not the first of its datagram: it has no ports
	std::optional<std::uint8_t> icmp_type;  // of ICMP and ICMPv6; none: an echo request
	std::uint32_t length = 0;               // bytes of the frame, its 14 of Ethernet included; 0: as short as it can be
};

// A source port that a client might have, for descriptions that name none.
inline constexpr std::uint16_t kSomeClientPort = 50000;

using FrameBytes = std::vector<std::uint8_t>;

// An Ethernet frame without tags, options and extension headers (but the one that an IPv6 fragment has). ICMPv6 of
// neighbour discovery comes from the link: hop limit 255. Checksums are 0: nothing here looks at them.
// Error kInvalid, with advice, when no packet can be so: families that differ, ports where there are none and the other
// way round, a SYN that is not TCP or a fragment, a type of what is no ICMP, a length that does not hold the headers.
Result<FrameBytes> frame_of(const DescribedPacket& packet);

}  // namespace sluice::net
