// A described packet is the packet that it says: core/parse.h reads it back.
#include "net/described_packet.h"

#include <gtest/gtest.h>

#include "sluice/core/parse.h"

namespace sluice::net {
namespace {

DescribedPacket from_to(const char* from, const char* to, Protocol protocol = kTcp)
{
	return {.source = *Endpoint::parse(from), .destination = *Endpoint::parse(to), .protocol = protocol};
}

struct Read {
	std::uint32_t reason = 0;
	sluice_packet packet{};
};

Read read(const DescribedPacket& described)
{
	const auto frame = frame_of(described);
	EXPECT_TRUE(frame) << frame.error().sentence();
	Read out;
	if (frame)
		out.reason = sluice_parse(frame->data(), frame->data() + frame->size(), static_cast<std::uint32_t>(frame->size()), &out.packet);
	return out;
}

std::string refused(const DescribedPacket& described)
{
	const auto frame = frame_of(described);
	EXPECT_FALSE(frame);
	return frame ? "" : frame.error().sentence();
}

TEST(NetDescribedPacket, TcpWithPortsAndFlags)
{
	DescribedPacket described = from_to("192.0.2.7:1234", "203.0.113.10:443");
	const auto within = read(described);
	EXPECT_EQ(within.reason, SLUICE_UNDECIDED);
	EXPECT_EQ(Address::from_abi(within.packet.source).to_string(), "192.0.2.7");
	EXPECT_EQ(Address::from_abi(within.packet.destination).to_string(), "203.0.113.10");
	EXPECT_EQ(within.packet.source_port, 1234);
	EXPECT_EQ(within.packet.destination_port, 443);
	EXPECT_EQ(within.packet.length, 54u);
	EXPECT_FALSE(within.packet.opens_connection);
	described.syn = true;
	EXPECT_TRUE(read(described).packet.opens_connection);
	described.length = 1514;
	EXPECT_EQ(read(described).packet.length, 1514u);
}

TEST(NetDescribedPacket, UdpOverIpv6)
{
	const auto udp = read(from_to("2001:db8::7", "[2001:db8::1]:53", kUdp));
	EXPECT_EQ(udp.reason, SLUICE_UNDECIDED);
	EXPECT_EQ(udp.packet.family, SLUICE_IPV6);
	EXPECT_EQ(udp.packet.source_port, kSomeClientPort);
	EXPECT_EQ(udp.packet.destination_port, 53);
}

TEST(NetDescribedPacket, WhatHasNoPorts)
{
	const auto gre = read(from_to("192.0.2.7", "203.0.113.10", Protocol{47}));
	EXPECT_EQ(gre.reason, SLUICE_UNDECIDED);
	EXPECT_FALSE(gre.packet.has_ports);
	EXPECT_EQ(gre.packet.protocol, 47);
	DescribedPacket icmp = from_to("2001:db8::7", "2001:db8::1", kIcmpv6);
	EXPECT_FALSE(read(icmp).packet.neighbour);
	icmp.icmp_type = 135;
	EXPECT_TRUE(read(icmp).packet.neighbour);
	icmp.icmp_type = 138;
	EXPECT_FALSE(read(icmp).packet.neighbour);
}

TEST(NetDescribedPacket, Fragments)
{
	for (DescribedPacket described : {from_to("192.0.2.7", "203.0.113.10"), from_to("2001:db8::7", "2001:db8::1", kUdp)}) {
		described.fragment = true;
		for (const std::uint32_t length : {0u, 1514u, 64000u}) {
			described.length = length;
			const auto fragment = read(described);
			EXPECT_EQ(fragment.reason, SLUICE_UNDECIDED) << length;
			EXPECT_TRUE(fragment.packet.fragment);
			EXPECT_FALSE(fragment.packet.has_ports);
		}
	}
}

TEST(NetDescribedPacket, ASourceThatNoHostCanHaveIsSeenByTheParser)
{
	EXPECT_EQ(read(from_to("127.0.0.1", "203.0.113.10:443")).reason, SLUICE_SOURCE_ADDRESS);
	EXPECT_EQ(read(from_to("ff02::1", "[2001:db8::1]:443")).reason, SLUICE_SOURCE_ADDRESS);
}

TEST(NetDescribedPacket, WhatCannotBeIsRefused)
{
	EXPECT_NE(refused(from_to("192.0.2.7", "[2001:db8::1]:443")).find("both IPv6"), std::string::npos);
	EXPECT_EQ(refused(from_to("192.0.2.7", "203.0.113.10")),
		  "a tcp packet goes to a port, and '203.0.113.10' names none (write 203.0.113.10:443 for port 443)");
	EXPECT_EQ(refused(from_to("192.0.2.7", "203.0.113.10:443", kIcmp)), "protocol icmp has no ports (leave the port out)");

	DescribedPacket udp = from_to("192.0.2.7", "203.0.113.10:443", kUdp);
	udp.syn = true;
	EXPECT_EQ(refused(udp), "protocol udp has no SYN (leave it out, or write tcp)");
	DescribedPacket tcp = from_to("192.0.2.7", "203.0.113.10:443");
	tcp.fragment = true;
	EXPECT_EQ(refused(tcp), "a fragment has no ports (leave the ports out, or the fragment)");
	tcp.destination.port.reset();
	tcp.syn = true;
	EXPECT_EQ(refused(tcp), "a fragment shows no SYN (leave out one of them)");
	tcp.syn = false;
	tcp.icmp_type = 8;
	EXPECT_EQ(refused(tcp), "a fragment shows no ICMP type (leave the type out)");
	tcp.fragment = false;
	tcp.destination.port = 443;
	EXPECT_EQ(refused(tcp), "protocol tcp has no ICMP type (leave the type out)");
	tcp.icmp_type.reset();
	tcp.length = 53;
	EXPECT_EQ(refused(tcp), "no such packet has 53 bytes (its frame has from 54 to 65549)");
	tcp.length = 65550;
	EXPECT_NE(refused(tcp).find("no such packet"), std::string::npos);
}

TEST(NetDescribedPacket, TheLargestIsWhole)
{
	DescribedPacket tcp = from_to("192.0.2.7", "203.0.113.10:443");
	tcp.length = 65549;
	EXPECT_EQ(read(tcp).reason, SLUICE_UNDECIDED);
}

}  // namespace
}  // namespace sluice::net
