// Reasons of frames that are not judged any further, each with its nearest miss, and how deep the program looks.
#include "datapath/table.h"

namespace sluice::test {

namespace {

constexpr const char* kPlain = "version: 1\ndefault: allow\n";

class Parsing : public TableTest {
protected:
	void SetUp() override
	{
		TableTest::SetUp();
		if (gate_)
			install(kPlain);
	}
};

Packet chain(std::size_t extensions)
{
	Packet packet = Ethernet{} / Ipv6{};
	for (std::size_t i = 0; i < extensions; i++)
		packet.append(i % 2 == 0 ? destination_options() : routing(8));
	return packet / Udp{};
}

Packet tagged(std::size_t tags)
{
	Packet packet = Layer(Ethernet{});
	for (std::size_t i = 0; i < tags; i++)
		packet.append(i % 2 == 0 ? qinq() : vlan());
	return packet / Ipv4{} / Tcp{};
}

// The first bytes that end right before the header of `inner` is whole.
Packet cut_inside(const Packet& packet, std::size_t missing)
{
	return packet.cut(packet.bytes().size() - missing);
}

}  // namespace

TEST_F(Parsing, NotIp)
{
	expect({
		{"ARP carries no IP", Ethernet{} / Arp{}, "not-ip"},
		{"so does whatever Sluice does not know", Ethernet{} / payload(60), "not-ip"},
		{"an 802.3 length field is no EtherType", Ethernet{.type = 0x0400} / payload(60), "not-ip"},
		{"ARP behind a tag", Ethernet{} / vlan() / Arp{}, "not-ip"},
		{"MPLS hides what it carries", Ethernet{.type = 0x8847} / payload(60), "not-ip"},
		{"near miss: IPv4 is IP", Ethernet{} / Ipv4{} / Icmp{}, "default-allow"},
		{"near miss: so is IPv6", Ethernet{} / Ipv6{} / Icmpv6{}, "default-allow"},
	});
}

TEST_F(Parsing, Truncated)
{
	expect({
		{"the tag is cut", (Ethernet{} / vlan()).cut(17), "truncated"},
		{"the second tag is cut", (Ethernet{} / qinq() / vlan()).cut(19), "truncated"},
		{"the IPv4 header is cut", (Ethernet{} / Ipv4{} / Tcp{}).cut(33), "truncated"},
		{"the IPv6 header is cut", (Ethernet{} / Ipv6{} / Tcp{}).cut(53), "truncated"},
		{"nothing follows the Ethernet header", (Ethernet{} / Ipv4{}).cut(14), "truncated"},
		{"near miss: an IPv4 header and no more", Ethernet{} / Ipv4{.protocol = 253}, "default-allow"},
		{"near miss: an IPv6 header and no more", Ethernet{} / Ipv6{}, "default-allow"},
	});
}

TEST_F(Parsing, TagDepth)
{
	expect({
		{"three tags", tagged(3), "tag-depth"},
		{"four tags", tagged(4), "tag-depth"},
		{"a third tag of which nothing is there", tagged(3).cut(22), "tag-depth"},
		{"near miss: two tags", tagged(2), "default-allow"},
		{"near miss: one tag", tagged(1), "default-allow"},
		{"near miss: the old QinQ type",
		 Ethernet{} / Tag{.announced = 0x9100} / vlan() / Ipv4{} / Tcp{}, "default-allow"},
	});
}

TEST_F(Parsing, IpHeader)
{
	expect({
		{"an IPv4 header of four words", Ethernet{} / Ipv4{.words = 4} / Tcp{}, "ip-header"},
		{"of none", Ethernet{} / Ipv4{.words = 0} / Tcp{}, "ip-header"},
		{"version 6 under IPv4's EtherType", Ethernet{} / Ipv4{.version = 6} / Tcp{}, "ip-header"},
		{"version 4 under IPv6's EtherType", Ethernet{} / Ipv6{.version = 4} / Tcp{}, "ip-header"},
		{"version 0", Ethernet{} / Ipv6{.version = 0} / Tcp{}, "ip-header"},
		{"near miss: five words", Ethernet{} / Ipv4{.words = 5} / Tcp{}, "default-allow"},
		{"near miss: fifteen words", Ethernet{} / Ipv4{.options = Bytes(40, 1)} / Tcp{}, "default-allow"},
	});
}

TEST_F(Parsing, IpLength)
{
	expect({
		{"IPv4 shorter than its header", Ethernet{} / Ipv4{.total_length = 19} / Tcp{}, "ip-length"},
		{"IPv4 shorter than its options", Ethernet{} / Ipv4{.options = Bytes(4, 1), .total_length = 23} / Icmp{}, "ip-length"},
		{"IPv4 of length 0", Ethernet{} / Ipv4{.total_length = 0} / Tcp{}, "ip-length"},
		{"IPv4 longer than the frame", Ethernet{} / Ipv4{.total_length = 41} / Tcp{}, "ip-length"},
		{"an IPv4 header past the frame", (Ethernet{} / Ipv4{.words = 15, .total_length = 60}).cut(34), "ip-length"},
		{"IPv6 longer than the frame", Ethernet{} / Ipv6{.payload_length = 21} / Tcp{}, "ip-length"},
		{"near miss: as long as the frame", Ethernet{} / Ipv4{.total_length = 40} / Tcp{}, "default-allow"},
		{"near miss: the frame is padded", (Ethernet{} / Ipv4{} / Tcp{}).padded(6), "default-allow"},
		{"near miss: IPv6 as long as the frame", Ethernet{} / Ipv6{.payload_length = 20} / Tcp{}, "default-allow"},
	});
}

TEST_F(Parsing, ExtensionDepth)
{
	expect({
		{"nine extension headers", chain(9), "extension-depth"},
		{"twelve", chain(12), "extension-depth"},
		{"near miss: eight", chain(8), "default-allow"},
		{"near miss: one", chain(1), "default-allow"},
	});
}

TEST_F(Parsing, Extension)
{
	const Extension past{.kind = 60, .bytes = 8, .length = 9};
	expect({
		{"longer than what is left", Ethernet{} / Ipv6{} / past / Tcp{}, "extension"},
		{"an extension that ends after seven bytes", Ethernet{} / Ipv6{.next = 60} / payload(7), "extension"},
		{"an extension that is not there", Ethernet{} / Ipv6{.next = 0}, "extension"},
		{"AH of length 0", Ethernet{} / Ipv6{} / Extension{.kind = 51, .bytes = 24, .length = 0} / Tcp{}, "extension"},
		{"AH past the end", Ethernet{} / Ipv6{} / Extension{.kind = 51, .bytes = 24, .length = 60} / Tcp{}, "extension"},
		{"near miss: AH of three words", Ethernet{} / Ipv6{} / authentication(12) / Tcp{}, "default-allow"},
		{"near miss: exactly what is left", Ethernet{} / Ipv6{} / destination_options(16), "default-allow"},
	});
}

TEST_F(Parsing, Transport)
{
	expect({
		{"half a TCP header", Ethernet{} / Ipv4{.protocol = 6} / payload(10), "transport"},
		{"no TCP header at all", Ethernet{} / Ipv4{.protocol = 6}, "transport"},
		{"a data offset of four words", Ethernet{} / Ipv4{} / Tcp{.words = 4}, "transport"},
		{"a data offset past the end", Ethernet{} / Ipv4{} / Tcp{.words = 6}, "transport"},
		{"half a UDP header", Ethernet{} / Ipv4{.protocol = 17} / payload(7), "transport"},
		{"a UDP length of seven", Ethernet{} / Ipv4{} / Udp{.length = 7}, "transport"},
		{"a UDP length past the end", Ethernet{} / Ipv4{} / Udp{.length = 9}, "transport"},
		{"the same in IPv6", Ethernet{} / Ipv6{} / Udp{.length = 9}, "transport"},
		{"a UDP length of 0 (only jumbograms have it)", Ethernet{} / Ipv6{} / Udp{.length = 0}, "transport"},
		{"near miss: five words", Ethernet{} / Ipv4{} / Tcp{.words = 5}, "default-allow"},
		{"near miss: TCP with forty bytes of options", Ethernet{} / Ipv4{} / Tcp{.options = Bytes(40, 1)}, "default-allow"},
		{"near miss: UDP of nothing", Ethernet{} / Ipv4{} / Udp{}, "default-allow"},
		{"near miss: UDP shorter than its IP", Ethernet{} / Ipv4{} / Udp{.length = 8} / payload(4), "default-allow"},
	});
}

TEST_F(Parsing, TcpFlags)
{
	const auto tcp = [](std::uint8_t flags) { return Ethernet{} / Ipv4{} / Tcp{.flags = flags}; };
	expect({
		{"SYN and FIN", tcp(kSyn | kFin), "tcp-flags"},
		{"SYN and RST", tcp(kSyn | kRst), "tcp-flags"},
		{"everything", tcp(0xff), "tcp-flags"},
		{"near miss: SYN", tcp(kSyn), "default-allow"},
		{"near miss: FIN and RST", tcp(kFin | kRst), "default-allow"},
		{"near miss: no flag at all", tcp(0), "default-allow"},
		{"near miss: SYN with URG and PSH", tcp(kSyn | kUrg | kPsh), "default-allow"},
	});
}

TEST_F(Parsing, SourceAddress)
{
	const auto ipv4 = [](const char* source) { return Ethernet{} / Ipv4{.source = source} / Tcp{}; };
	const auto ipv6 = [](const char* source) { return Ethernet{} / Ipv6{.source = source} / Tcp{}; };
	expect({
		{"loopback", ipv4("127.0.0.1"), "source-address"},
		{"the end of loopback", ipv4("127.255.255.255"), "source-address"},
		{"multicast", ipv4("224.0.0.1"), "source-address"},
		{"broadcast", ipv4("255.255.255.255"), "source-address"},
		{"IPv6 loopback", ipv6("::1"), "source-address"},
		{"IPv6 multicast", ipv6("ff02::1"), "source-address"},
		{"IPv4-mapped", ipv6("::ffff:192.0.2.1"), "source-address"},
		{"near miss: before loopback", ipv4("126.255.255.255"), "default-allow"},
		{"near miss: after loopback", ipv4("128.0.0.0"), "default-allow"},
		{"near miss: before multicast", ipv4("223.255.255.255"), "default-allow"},
		{"near miss: nobody yet (DHCP)", ipv4("0.0.0.0"), "default-allow"},
		{"near miss: nobody yet in IPv6", ipv6("::"), "default-allow"},
		{"near miss: beside loopback", ipv6("::2"), "default-allow"},
		{"near miss: beside mapped", ipv6("::1:ffff:192.0.2.1"), "default-allow"},
		{"near miss: link-local", ipv6("fe80::1"), "default-allow"},
	});
}

TEST_F(Parsing, FragmentShape)
{
	const auto rest = [](std::uint16_t offset, bool more, std::size_t bytes) {
		return Ethernet{} / Ipv4{.more = more, .offset = offset, .protocol = 6} / payload(bytes);
	};
	expect({
		{"a first fragment with half a TCP header", rest(0, true, 16), "fragment-shape"},
		{"a second one that reaches into the TCP header", rest(1, true, 16), "fragment-shape"},
		{"the same, at the header's last bytes", rest(2, false, 16), "fragment-shape"},
		{"a middle fragment that is no multiple of eight", rest(10, true, 17), "fragment-shape"},
		{"a middle fragment of nothing", rest(10, true, 0), "fragment-shape"},
		{"past the largest datagram", rest(8191, false, 16), "fragment-shape"},
		{"past the largest datagram by its header", rest(8186, false, 40), "fragment-shape"},
		{"IPv6: half a TCP header", Ethernet{} / Ipv6{} / Fragment{.more = true, .next = 6} / payload(16), "fragment-shape"},
		{"IPv6: into the header", Ethernet{} / Ipv6{} / Fragment{.offset = 1, .next = 6} / payload(16), "fragment-shape"},
		{"near miss: a whole TCP header", rest(0, true, 24), "fragment", "fragments"},
		{"near miss: behind the TCP header", rest(3, true, 16), "fragment", "fragments"},
		{"near miss: the last fragment may be odd", rest(10, false, 17), "fragment", "fragments"},
		{"near miss: the very end", rest(8186, false, 27), "fragment", "fragments"},
		{"near miss: UDP's header is eight bytes",
		 Ethernet{} / Ipv4{.offset = 1, .protocol = 17} / payload(16), "fragment", "fragments"},
	});
}

TEST_F(Parsing, CutAnywhereAFrameIsNeverJudgedWhole)
{
	const Packet packets[] = {Ethernet{} / vlan() / Ipv4{.options = Bytes(8, 1)} / Tcp{.options = Bytes(12, 1)},
				  Ethernet{} / Ipv6{} / hop_by_hop() / Fragment{} / routing() / Udp{}};
	for (const auto& packet : packets) {
		const std::size_t size = packet.bytes().size();
		for (std::size_t missing = 1; size - missing >= 14; missing++) {
			const Judgement judgement = judge(cut_inside(packet, missing));
			EXPECT_FALSE(judgement.passes) << to_string(packet) << " without its last " << missing << ": " << judgement;
		}
		EXPECT_EQ(judge(packet).reason, "default-allow");
	}
}

TEST_F(Parsing, FramesInSeveralBuffers)
{
	const Packet jumbo = Ethernet{} / Ipv4{} / Tcp{.flags = kAck} / payload(8960);
	expect({
		{"a jumbo frame is one packet", jumbo, "default-allow"},
		{"so is one of 60 kB", Ethernet{} / Ipv4{} / Udp{} / payload(60'000), "default-allow"},
		{"its length is that of all buffers", jumbo.cut(9000), "ip-length"},
		{"padding in another buffer counts", (Ethernet{} / Ipv4{} / Tcp{}).padded(8000), "default-allow"},
		{"also where the datagram ends with the first buffer",
		 Ethernet{} / Ipv4{.total_length = 3506} / Tcp{} / payload(8000), "default-allow"},
		{"a header in another buffer is out of reach",
		 Ethernet{} / Ipv6{} / destination_options(2048) / destination_options(2048) / Tcp{}, "truncated"},
		{"near miss: it lies in the first one", Ethernet{} / Ipv6{} / destination_options(2048) / Tcp{} / payload(4000),
		 "default-allow"},
	});
}

}  // namespace sluice::test
