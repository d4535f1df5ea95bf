// The reference's own reading of a frame, written from docs and RFCs: slow, byte by byte, and apart from
// include/sluice/core on purpose, so that a wrong reading cannot agree with itself.
//
// Order among several faults: outermost header first; in a header: is it there, is it an IP header, its length, its
// source; then what follows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "net/address.h"
#include "support/packet.h"

namespace sluice::test {

struct FrameReading {
	std::string ends_as;  // name of the reason that ends the frame's way unjudged ("not-ip", "truncated", …); empty: none
	net::Address source;
	net::Address destination;
	std::uint8_t protocol = 0;
	std::optional<std::uint16_t> source_port;
	std::optional<std::uint16_t> destination_port;
	bool fragment = false;
	bool opens_connection = false;
	bool neighbour = false;
};

// `readable`: how many bytes a program may look at (the first buffer of several); the frame itself is whole.
FrameReading read_frame(Frame frame, std::size_t readable);
inline FrameReading read_frame(Frame frame)
{
	return read_frame(frame, frame.size());
}

}  // namespace sluice::test
