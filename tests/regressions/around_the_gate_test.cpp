// "Ways around the gate": holes that other firewalls have or had, one test each, named after the hole.
#include <functional>

#include "support/gate.h"

namespace sluice::test {

namespace {

constexpr const char* kPolicy = R"(
version: 1
services:
  - {name: api, protocol: tcp, ports: [443], each-source: {connections: {rate: 1/h, burst: 1}}}
)";

class AroundTheGate : public GateTest {
protected:
	void SetUp() override
	{
		GateTest::SetUp();
		if (gate_)
			install(kPolicy);
	}

	void ban(const char* prefix)
	{
		const auto banned = gate_->ban(prefix);
		ASSERT_TRUE(banned) << banned.error().sentence();
	}

	void expect_reason(const Packet& packet, const std::string& reason)
	{
		EXPECT_EQ(judge(packet).reason, reason) << to_string(packet);
	}

	// The disguise on the banned source's packet, and the nearest miss: on that of its neighbour.
	void expect_banned_ipv4(const std::function<Packet(Ipv4)>& disguise)
	{
		ban("192.0.2.1");
		const Judgement banned = judge(disguise(Ipv4{.source = "192.0.2.1"}));
		EXPECT_EQ(banned.reason, "banned");
		EXPECT_FALSE(banned.passes);
		EXPECT_TRUE(judge(disguise(Ipv4{.source = "192.0.2.2"})).passes);
	}

	void expect_banned_ipv6(const std::function<Packet(Ipv6)>& disguise)
	{
		ban("2001:db8:66::/64");
		const Judgement banned = judge(disguise(Ipv6{.source = "2001:db8:66::1"}));
		EXPECT_EQ(banned.reason, "banned");
		EXPECT_FALSE(banned.passes);
		EXPECT_TRUE(judge(disguise(Ipv6{.source = "2001:db8:67::1"})).passes);
	}
};

}  // namespace

TEST_F(AroundTheGate, BannedBehindAVlanTag)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / vlan() / ip / Tcp{}; });
}

TEST_F(AroundTheGate, BannedBehindAPriorityTag)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / vlan(0xe000) / ip / Tcp{}; });
}

TEST_F(AroundTheGate, BannedBehindQinQ)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / qinq() / vlan() / ip / Tcp{}; });
}

TEST_F(AroundTheGate, BannedBehindTwoPlainTags)
{
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / vlan(1) / vlan(2) / ip / Tcp{}; });
}

TEST_F(AroundTheGate, BannedWithIpOptions)
{
	expect_banned_ipv4([](Ipv4 ip) {
		ip.options = Bytes(40, 1);
		return Ethernet{} / ip / Tcp{};
	});
}

TEST_F(AroundTheGate, BannedBehindAnExtensionHeader)
{
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / ip / destination_options() / Tcp{}; });
}

TEST_F(AroundTheGate, BannedBehindEightExtensionHeaders)
{
	expect_banned_ipv6([](Ipv6 ip) {
		return Ethernet{} / ip / hop_by_hop() / destination_options() / routing() / Fragment{} / authentication() /
		       destination_options() / routing(8) / destination_options() / Tcp{};
	});
}

TEST_F(AroundTheGate, BannedAsIcmp)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / ip / Icmp{}; });
}

TEST_F(AroundTheGate, BannedAsIcmpv6)
{
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / ip / Icmpv6{}; });
}

TEST_F(AroundTheGate, BannedAsNeighbourDiscoveryFromAfar)
{
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / ip / Icmpv6{.type = 136}; });
}

TEST_F(AroundTheGate, BannedAsGre)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / ip / Gre{} / Ipv4{} / Tcp{}; });
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / ip / Gre{} / Ipv4{} / Tcp{}; });
}

TEST_F(AroundTheGate, BannedAsEsp)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / ip / Esp{} / payload(64); });
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / ip / Esp{} / payload(64); });
}

TEST_F(AroundTheGate, BannedAsAnyProtocol)
{
	ban("192.0.2.1");
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		const Ipv4 ip{.source = "192.0.2.1", .protocol = static_cast<std::uint8_t>(protocol)};
		if (protocol == 6)
			expect_reason(Ethernet{} / ip / Tcp{}, "banned");
		else if (protocol == 17)
			expect_reason(Ethernet{} / ip / Udp{}, "banned");
		else
			expect_reason(Ethernet{} / ip / payload(40), "banned");
	}
}

TEST_F(AroundTheGate, BannedInsideAnIpTunnelIsTheOuterSourcesMatter)
{
	ban("192.0.2.1");
	expect_reason(Ethernet{} / Ipv4{.source = "192.0.2.2"} / Ipv4{.source = "192.0.2.1"} / Tcp{}, "default-allow");
	expect_reason(Ethernet{} / Ipv4{.source = "192.0.2.1"} / Ipv4{.source = "192.0.2.2"} / Tcp{}, "banned");
}

TEST_F(AroundTheGate, BannedAsAFragment)
{
	install("version: 1\nfragments: allow\n");
	expect_banned_ipv4([](Ipv4 ip) {
		ip.offset = 100;
		ip.protocol = 6;
		return Ethernet{} / ip / payload(64);
	});
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / ip / Fragment{.offset = 100, .next = 6} / payload(64); });
}

TEST_F(AroundTheGate, SynWithEcnBitsIsANewConnection)
{
	expect_reason(Ethernet{} / Ipv4{} / Tcp{}, "admitted");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{.flags = kSyn | kEce | kCwr}, "source-connections");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{.flags = kSyn | kPsh | kUrg}, "source-connections");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{.flags = kAck | kEce | kCwr}, "admitted");
}

TEST_F(AroundTheGate, SynWithIpOptionsIsANewConnection)
{
	expect_reason(Ethernet{} / Ipv4{.options = Bytes(4, 1)} / Tcp{}, "admitted");
	expect_reason(Ethernet{} / Ipv4{.options = Bytes(40, 1)} / Tcp{}, "source-connections");
}

TEST_F(AroundTheGate, SynWithTcpOptionsOrDataIsANewConnection)
{
	expect_reason(Ethernet{} / Ipv4{} / Tcp{.options = Bytes(20, 1)}, "admitted");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{.options = Bytes(40, 1)}, "source-connections");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{} / payload(500), "source-connections");
}

TEST_F(AroundTheGate, SynBehindATagOrExtensionIsANewConnection)
{
	expect_reason(Ethernet{} / vlan() / Ipv4{} / Tcp{}, "admitted");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{}, "source-connections");
	expect_reason(Ethernet{} / Ipv6{} / destination_options() / Tcp{}, "admitted");
	expect_reason(Ethernet{} / Ipv6{} / Tcp{}, "source-connections");
}

TEST_F(AroundTheGate, IpHeaderLengthBelowFive)
{
	for (unsigned words = 0; words < 5; words++)
		expect_reason(Ethernet{} / Ipv4{.words = words} / Tcp{}, "ip-header");
	expect_reason(Ethernet{} / Ipv4{.words = 5} / Tcp{}, "admitted");
}

TEST_F(AroundTheGate, TcpDataOffsetBelowFive)
{
	for (unsigned words = 0; words < 5; words++)
		expect_reason(Ethernet{} / Ipv4{} / Tcp{.words = words}, "transport");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{.words = 5}, "admitted");
}

// A parser that adds the reserved byte to the header's length finds its ports somewhere in the payload.
TEST_F(AroundTheGate, FragmentHeaderWhoseReservedByteIsNoLength)
{
	ban("2001:db8:66::/64");
	const Packet packet = Ethernet{} / Ipv6{} / Fragment{.reserved = 2} / Tcp{} / payload(64);
	const Judgement judgement = judge(packet);
	EXPECT_EQ(judgement.service, "api");
	EXPECT_EQ(judgement.reason, "admitted");
	expect_reason(Ethernet{} / Ipv6{.source = "2001:db8:66::1"} / Fragment{.reserved = 255} / Tcp{}, "banned");
}

TEST_F(AroundTheGate, ExtensionChainLongerThanTheParserLooks)
{
	ban("2001:db8:66::/64");
	for (const std::size_t length : {9, 10, 20, 100}) {
		Packet packet = Ethernet{} / Ipv6{.source = "2001:db8:66::1"};
		for (std::size_t i = 0; i < length; i++)
			packet.append(destination_options());
		const Judgement judgement = judge(packet / Tcp{});
		EXPECT_EQ(judgement.reason, "extension-depth") << length;
		EXPECT_FALSE(judgement.passes);
	}
}

TEST_F(AroundTheGate, SecondAndLaterFragments)
{
	for (const std::uint16_t offset : {3, 100, 5000}) {
		const Judgement judgement = judge(Ethernet{} / Ipv4{.offset = offset, .protocol = 6} / payload(64));
		EXPECT_EQ(judgement.reason, "fragment") << offset;
		EXPECT_FALSE(judgement.passes);
	}
	expect_reason(Ethernet{} / Ipv6{} / Fragment{.offset = 100, .next = 17} / payload(64), "fragment");
}

TEST_F(AroundTheGate, TinyFirstFragments)
{
	install("version: 1\nfragments: allow\n");
	expect_reason(Ethernet{} / Ipv4{.more = true, .protocol = 6} / payload(8), "fragment-shape");
	expect_reason(Ethernet{} / Ipv4{.more = true, .protocol = 6} / payload(16), "fragment-shape");
	expect_reason(Ethernet{} / Ipv6{} / Fragment{.more = true, .next = 6} / payload(16), "fragment-shape");
	expect_reason(Ethernet{} / Ipv4{.more = true, .protocol = 6} / payload(24), "fragment-allow");
}

TEST_F(AroundTheGate, OverlappingFragmentsThatReachIntoTheHeader)
{
	install("version: 1\nfragments: allow\n");
	expect_reason(Ethernet{} / Ipv4{.more = true, .protocol = 6} / payload(40), "fragment-allow");
	expect_reason(Ethernet{} / Ipv4{.offset = 1, .protocol = 6} / payload(40), "fragment-shape");
	expect_reason(Ethernet{} / Ipv6{} / Fragment{.offset = 2, .next = 6} / payload(40), "fragment-shape");
}

TEST_F(AroundTheGate, FragmentsPastTheLargestDatagram)
{
	install("version: 1\nfragments: allow\n");
	expect_reason(Ethernet{} / Ipv4{.offset = 8191, .protocol = 1} / payload(1000), "fragment-shape");
	// 65,515 bytes of payload and a header of 20: the last that fits.
	expect_reason(Ethernet{} / Ipv4{.offset = 8186, .protocol = 1} / payload(27), "fragment-allow");
	expect_reason(Ethernet{} / Ipv4{.offset = 8186, .protocol = 1} / payload(28), "fragment-shape");
}

TEST_F(AroundTheGate, BannedInAJumboFrame)
{
	expect_banned_ipv4([](Ipv4 ip) { return Ethernet{} / ip / Tcp{} / payload(8960); });
	expect_banned_ipv6([](Ipv6 ip) { return Ethernet{} / vlan() / ip / destination_options() / Udp{} / payload(8900); });
}

TEST_F(AroundTheGate, PaddingInLaterBuffersIsNotFree)
{
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {bits: {rate: 1k/h, burst: 72000}}}\n");
	// 9,000 bytes in all, 40 of them IP: judge() asserts that all were counted.
	const Packet padded = (Ethernet{} / Ipv4{} / Tcp{}).padded(9000 - 54);
	expect_reason(padded, "admitted");
	expect_reason(Ethernet{} / Ipv4{} / Tcp{}, "source-bits");
}

TEST_F(AroundTheGate, Ipv4MappedSourceIsNobodyElse)
{
	ban("192.0.2.1");
	install("version: 1\nsources:\n  - {name: friends, action: allow, prefixes: [192.0.2.1]}\n");
	expect_reason(Ethernet{} / Ipv4{.source = "192.0.2.1"} / Tcp{}, "listed");
	expect_reason(Ethernet{} / Ipv6{.source = "::ffff:192.0.2.1"} / Tcp{}, "source-address");
}

TEST_F(AroundTheGate, MulticastSources)
{
	expect_reason(Ethernet{} / Ipv4{.source = "224.0.0.251"} / Udp{}, "source-address");
	expect_reason(Ethernet{} / Ipv6{.source = "ff02::1"} / Icmpv6{}, "source-address");
	expect_reason(Ethernet{} / Ipv6{.source = "ff02::1", .hop_limit = 255} / Icmpv6{.type = 136} / payload(16), "source-address");
}

}  // namespace sluice::test
