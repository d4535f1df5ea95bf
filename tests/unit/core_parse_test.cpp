// core/parse.h on this machine: what cannot be asked of the program in the kernel, and what the fields of a packet say.
// Reasons one by one: tests/datapath/parsing_test.cpp. Random frames: tests/model/parse_differential_test.cpp.
#include <gtest/gtest.h>

#include "net/address.h"
#include "sluice/core/parse.h"
#include "support/packet.h"

namespace sluice::test {

namespace {

struct Parsed {
	std::uint32_t reason = 0;
	sluice_packet packet{};
};

// `readable` bytes of the frame lie in its first buffer.
Parsed parse(const Bytes& frame, std::size_t readable)
{
	Parsed parsed;
	Bytes linear(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(readable));
	linear.reserve(1);  // never null
	parsed.reason = sluice_parse(linear.data(), linear.data() + linear.size(), static_cast<std::uint32_t>(frame.size()),
				     &parsed.packet);
	return parsed;
}

Parsed parse(const Packet& packet)
{
	const Bytes frame = packet.bytes();
	return parse(frame, frame.size());
}

std::string text(const sluice_addr& addr)
{
	return net::Address::from_abi(addr).to_string();
}

}  // namespace

TEST(CoreParse, FieldsOfTcpOverIpv4)
{
	const auto parsed = parse(Ethernet{} / vlan() / Ipv4{.options = Bytes(6, 1)} / Tcp{.source_port = 1234, .destination_port = 443});
	ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED);
	EXPECT_EQ(text(parsed.packet.source), "198.51.100.7");
	EXPECT_EQ(text(parsed.packet.destination), "203.0.113.10");
	EXPECT_EQ(parsed.packet.family, SLUICE_IPV4);
	EXPECT_EQ(parsed.packet.protocol, 6);
	EXPECT_TRUE(parsed.packet.has_ports);
	EXPECT_EQ(parsed.packet.source_port, 1234);
	EXPECT_EQ(parsed.packet.destination_port, 443);
	EXPECT_TRUE(parsed.packet.opens_connection);
	EXPECT_FALSE(parsed.packet.fragment);
	EXPECT_EQ(parsed.packet.length, 14u + 4 + 28 + 20);
}

TEST(CoreParse, FieldsOfUdpBehindExtensionHeaders)
{
	const auto parsed = parse(Ethernet{} / Ipv6{} / hop_by_hop() / routing() / authentication() / destination_options(40) / Udp{});
	ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED);
	EXPECT_EQ(text(parsed.packet.source), "2001:db8:7::7");
	EXPECT_EQ(parsed.packet.family, SLUICE_IPV6);
	EXPECT_EQ(parsed.packet.protocol, 17);
	EXPECT_EQ(parsed.packet.destination_port, 53);
}

TEST(CoreParse, EveryProtocolIsItsNumber)
{
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		if (protocol == 6 || protocol == 17)
			continue;
		const auto parsed = parse(Ethernet{} / Ipv4{.protocol = static_cast<std::uint8_t>(protocol)} / payload(40));
		ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED) << protocol;
		EXPECT_EQ(parsed.packet.protocol, protocol);
		EXPECT_FALSE(parsed.packet.has_ports) << protocol;
	}
}

TEST(CoreParse, FramesShorterThanEthernetAreTruncated)
{
	const Bytes frame = (Ethernet{} / Ipv4{} / Tcp{}).bytes();
	for (std::size_t size = 0; size < 14; size++)
		EXPECT_EQ(parse(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)), size).reason, SLUICE_TRUNCATED);
	EXPECT_EQ(parse(frame, frame.size()).reason, SLUICE_UNDECIDED);
}

TEST(CoreParse, OnlyHeadersHaveToBeReadable)
{
	const Bytes frame = (Ethernet{} / Ipv4{} / Tcp{} / payload(4000)).bytes();
	EXPECT_EQ(parse(frame, 14 + 20 + 20).reason, SLUICE_UNDECIDED);
	EXPECT_EQ(parse(frame, 14 + 20 + 19).reason, SLUICE_TRUNCATED);
	EXPECT_EQ(parse(frame, 14 + 20 + 20).packet.length, frame.size());
}

TEST(CoreParse, SynIsSynWhateverElseIsSet)
{
	for (unsigned flags = 0; flags < 256; flags++) {
		const auto parsed = parse(Ethernet{} / Ipv4{} / Tcp{.flags = static_cast<std::uint8_t>(flags)});
		const bool syn = flags & kSyn;
		if (syn && (flags & (kFin | kRst))) {
			EXPECT_EQ(parsed.reason, SLUICE_TCP_FLAGS) << flags;
			continue;
		}
		ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED) << flags;
		EXPECT_EQ(parsed.packet.opens_connection, syn && !(flags & kAck)) << flags;
	}
}

TEST(CoreParse, NeighbourDiscoveryIsFiveTypesWithHopLimit255)
{
	for (unsigned type = 0; type < 256; type++) {
		for (const unsigned hop_limit : {255u, 254u, 64u}) {
			const auto parsed = parse(Ethernet{} / Ipv6{.hop_limit = static_cast<std::uint8_t>(hop_limit)} /
						  Icmpv6{.type = static_cast<std::uint8_t>(type)});
			ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED);
			EXPECT_EQ(parsed.packet.neighbour, hop_limit == 255 && type >= 133 && type <= 137) << type << " " << hop_limit;
		}
	}
	EXPECT_FALSE(parse(Ethernet{} / Ipv6{.hop_limit = 255} / Icmpv6{.type = 135, .code = 1}).packet.neighbour);
	EXPECT_FALSE(parse(Ethernet{} / Ipv6{.hop_limit = 255} / Fragment{.more = true} / Icmpv6{.type = 135}).packet.neighbour);
	EXPECT_FALSE(parse(Ethernet{} / Ipv4{.time_to_live = 255, .protocol = 58} / Icmpv6{.type = 135}).packet.neighbour);
}

TEST(CoreParse, AnAtomicFragmentIsWhole)
{
	const auto parsed = parse(Ethernet{} / Ipv6{} / Fragment{} / Tcp{});
	ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED);
	EXPECT_FALSE(parsed.packet.fragment);
	EXPECT_EQ(parsed.packet.destination_port, 443);
}

TEST(CoreParse, AFragmentHasNeitherPortsNorFlags)
{
	const auto parsed = parse(Ethernet{} / Ipv4{.more = true} / Tcp{} / payload(20));
	ASSERT_EQ(parsed.reason, SLUICE_UNDECIDED);
	EXPECT_TRUE(parsed.packet.fragment);
	EXPECT_FALSE(parsed.packet.has_ports);
	EXPECT_EQ(parsed.packet.destination_port, 0);
	EXPECT_FALSE(parsed.packet.opens_connection);
}

}  // namespace sluice::test
