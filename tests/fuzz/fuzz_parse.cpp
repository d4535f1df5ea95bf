// core/parse.h on any bytes: reads nothing outside of them, and reads what the reference reads.
//
// Input: two bytes, low one first, that say how many bytes of the frame lie in its first buffer; then the frame.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "model/frame_reader.h"
#include "net/address.h"
#include "sluice/core/parse.h"
#include "support/reason.h"

namespace {

using sluice::test::reason_name;

void require(bool holds)
{
	if (!holds)
		std::abort();
}

void compare(sluice::test::Frame frame, std::size_t readable)
{
	const auto expected = sluice::test::read_frame(frame, readable);
	// A buffer of its own, never null, so that the sanitizer sees a read past its end.
	const auto linear = std::make_unique<std::uint8_t[]>(readable);
	std::copy_n(frame.begin(), readable, linear.get());
	sluice_packet packet{};
	const std::uint32_t reason =
		sluice_parse(linear.get(), linear.get() + readable, static_cast<std::uint32_t>(frame.size()), &packet);
	require(reason_name(reason) == expected.ends_as);
	if (reason != SLUICE_UNDECIDED)
		return;
	require(sluice::net::Address::from_abi(packet.source) == expected.source);
	require(sluice::net::Address::from_abi(packet.destination) == expected.destination);
	require(packet.protocol == expected.protocol && packet.fragment == expected.fragment);
	require(packet.has_ports == expected.destination_port.has_value());
	require(packet.destination_port == expected.destination_port.value_or(0));
	require(packet.opens_connection == expected.opens_connection && packet.neighbour == expected.neighbour);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	if (size < 2)
		return 0;
	const sluice::test::Frame frame(data + 2, size - 2);
	const std::size_t readable = static_cast<std::size_t>(data[0]) | static_cast<std::size_t>(data[1]) << 8;
	compare(frame, readable < frame.size() ? readable : frame.size());
	return 0;
}
