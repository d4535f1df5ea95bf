// core/parse.h, compiled for this machine, against the reference's own reading of the same bytes.
#include <gtest/gtest.h>

#include <cstring>

#include "model/frame_reader.h"
#include "model/random_frame.h"
#include "net/address.h"
#include "sluice/core/parse.h"
#include "support/reason.h"

namespace sluice::test {

namespace {

void expect_same(Frame frame, std::size_t readable)
{
	const FrameReading expected = read_frame(frame, readable);
	sluice_packet packet{};
	// A copy of its own, so that a sanitizer sees a read past the end.
	Bytes linear(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(readable));
	linear.reserve(1);  // never null
	const std::uint32_t reason = sluice_parse(linear.data(), linear.data() + linear.size(),
						  static_cast<std::uint32_t>(frame.size()), &packet);
	ASSERT_EQ(reason_name(reason), expected.ends_as) << readable << " readable of " << hex(frame);
	ASSERT_EQ(packet.length, frame.size());
	if (!expected.ends_as.empty())
		return;
	ASSERT_EQ(net::Address::from_abi(packet.source), expected.source) << hex(frame);
	ASSERT_EQ(net::Address::from_abi(packet.destination), expected.destination) << hex(frame);
	ASSERT_EQ(packet.family, expected.source.is_ipv4() ? SLUICE_IPV4 : SLUICE_IPV6) << hex(frame);
	ASSERT_EQ(packet.protocol, expected.protocol) << hex(frame);
	ASSERT_EQ(packet.fragment, expected.fragment) << hex(frame);
	ASSERT_EQ(packet.has_ports, expected.destination_port.has_value()) << hex(frame);
	ASSERT_EQ(packet.source_port, expected.source_port.value_or(0)) << hex(frame);
	ASSERT_EQ(packet.destination_port, expected.destination_port.value_or(0)) << hex(frame);
	ASSERT_EQ(packet.opens_connection, expected.opens_connection) << hex(frame);
	ASSERT_EQ(packet.neighbour, expected.neighbour) << hex(frame);
}

}  // namespace

TEST(ParseDifferential, RandomFramesReadTheSame)
{
	Dice dice(seed_of_run());
	const std::uint64_t rounds = rounds_of_run(60'000);
	for (std::uint64_t i = 0; i < rounds && !testing::Test::HasFatalFailure(); i++) {
		const Bytes frame = random_frame(dice);
		expect_same(frame, frame.size());
	}
}

TEST(ParseDifferential, FramesInSeveralBuffersReadTheSame)
{
	Dice dice(seed_of_run() + 1);
	const std::uint64_t rounds = rounds_of_run(40'000);
	for (std::uint64_t i = 0; i < rounds && !testing::Test::HasFatalFailure(); i++) {
		const Bytes frame = random_frame(dice);
		expect_same(frame, dice.roll(frame.size() + 1));
	}
}

TEST(ParseDifferential, EveryPrefixOfAFrameReadsTheSame)
{
	Dice dice(seed_of_run() + 2);
	for (int i = 0; i < 500 && !testing::Test::HasFatalFailure(); i++) {
		const Bytes frame = random_packet(dice).bytes();
		for (std::size_t size = 0; size <= frame.size() && !testing::Test::HasFatalFailure(); size++)
			expect_same(Frame(frame).first(size), size);
	}
}

}  // namespace sluice::test
