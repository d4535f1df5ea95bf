#include "model/random_frame.h"

#include <cstdio>
#include <cstdlib>

namespace sluice::test {

const std::vector<std::string> kIpv4Sources = {"192.0.2.1",   "192.0.2.2",     "192.0.2.77",   "192.0.2.129", "198.51.100.7",
					       "198.51.100.8", "198.51.100.200", "203.0.113.99", "0.0.0.0",	  "10.1.2.3"};
const std::vector<std::string> kIpv4Destinations = {"203.0.113.10", "203.0.113.11", "203.0.113.200"};
const std::vector<std::string> kIpv6Sources = {"2001:db8:1::1",	 "2001:db8:1::2", "2001:db8:1:1::1", "2001:db8:1:8000::1",
					       "2001:db8:2::1", "2001:db8:2:1::9", "fe80::1",	       "::",
					       "64:ff9b::c000:201"};
const std::vector<std::string> kIpv6Destinations = {"2001:db8:10::10", "2001:db8:10::11", "ff02::1"};
const std::vector<std::uint16_t> kPorts = {22, 53, 80, 443, 8080, 8443, 65535, 1};

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t standard)
{
	const char* text = std::getenv(name);
	const std::uint64_t value = text ? std::strtoull(text, nullptr, 0) : standard;
	std::fprintf(stderr, "%s=%llu\n", name, static_cast<unsigned long long>(value));
	return value;
}

const std::vector<std::string> kIllegalIpv4Sources = {"224.0.0.1", "255.255.255.255", "127.0.0.1", "240.0.0.1"};
const std::vector<std::string> kIllegalIpv6Sources = {"ff02::1", "::1", "::ffff:192.0.2.1"};

std::uint8_t random_flags(Dice& dice)
{
	static const std::vector<std::uint8_t> flags = {kSyn, kSyn, kSyn | kEce | kCwr, kSyn | kPsh, kSyn | kAck, kAck,
							kAck | kPsh, kFin | kAck, kRst, kSyn | kFin, kSyn | kRst, 0, 0xff};
	return dice.pick(flags);
}

void add_tags(Dice& dice, Packet& packet)
{
	static const std::vector<std::uint16_t> announced = {0x8100, 0x88a8, 0x9100};
	if (!dice.one_in(4))
		return;
	const std::uint64_t tags = dice.one_in(6) ? 3 + dice.roll(2) : 1 + dice.roll(2);
	for (std::uint64_t i = 0; i < tags; i++)
		packet.append(Tag{.announced = dice.pick(announced), .control = static_cast<std::uint16_t>(dice.roll(65536))});
}

Ipv4 random_ipv4(Dice& dice)
{
	Ipv4 ip{.source = dice.pick(kIpv4Sources), .destination = dice.pick(kIpv4Destinations)};
	if (dice.one_in(30))
		ip.source = dice.pick(kIllegalIpv4Sources);
	if (dice.one_in(5))
		ip.options = Bytes(1 + dice.roll(40), 1);
	ip.dont_fragment = dice.one_in(2);
	ip.reserved = dice.one_in(20);
	if (dice.one_in(8)) {
		ip.more = dice.one_in(2);
		ip.offset = static_cast<std::uint16_t>(dice.one_in(2) ? dice.roll(5) : dice.roll(8192));
	}
	if (dice.one_in(40))
		ip.words = static_cast<unsigned>(dice.roll(16));
	if (dice.one_in(40))
		ip.version = static_cast<unsigned>(dice.roll(16));
	if (dice.one_in(30))
		ip.total_length = static_cast<std::uint16_t>(dice.roll(120));
	return ip;
}

Ipv6 random_ipv6(Dice& dice)
{
	Ipv6 ip{.source = dice.pick(kIpv6Sources), .destination = dice.pick(kIpv6Destinations)};
	if (dice.one_in(30))
		ip.source = dice.pick(kIllegalIpv6Sources);
	if (dice.one_in(40))
		ip.version = static_cast<unsigned>(dice.roll(16));
	if (dice.one_in(30))
		ip.payload_length = static_cast<std::uint16_t>(dice.roll(120));
	if (dice.one_in(3))
		ip.hop_limit = 255;
	return ip;
}

Fragment random_fragment(Dice& dice)
{
	Fragment fragment;
	fragment.reserved = dice.one_in(3) ? static_cast<std::uint8_t>(dice.roll(256)) : 0;
	if (!dice.one_in(3)) {
		fragment.more = dice.one_in(2);
		fragment.offset = static_cast<std::uint16_t>(dice.one_in(2) ? dice.roll(5) : dice.roll(8192));
	}
	return fragment;
}

void add_extensions(Dice& dice, Packet& packet)
{
	static const std::vector<std::uint8_t> kinds = {0, 43, 51, 60, 135, 139, 140};
	if (!dice.one_in(2))
		return;
	const std::uint64_t count = dice.one_in(6) ? 7 + dice.roll(4) : 1 + dice.roll(3);
	for (std::uint64_t i = 0; i < count; i++) {
		if (dice.one_in(6)) {
			packet.append(random_fragment(dice));
			continue;
		}
		Extension extension{.kind = dice.pick(kinds), .bytes = 8 * (1 + dice.roll(4))};
		if (extension.kind == 51)
			extension.bytes = 12 + 4 * dice.roll(6);
		if (dice.one_in(25))
			extension.length = static_cast<std::uint8_t>(dice.roll(256));
		extension.fill = static_cast<std::uint8_t>(dice.roll(256));
		packet.append(extension);
	}
}

void add_tcp(Dice& dice, Packet& packet)
{
	Tcp tcp{.source_port = static_cast<std::uint16_t>(1 + dice.roll(65535)),
		.destination_port = dice.pick(kPorts),
		.flags = random_flags(dice)};
	if (dice.one_in(4))
		tcp.options = Bytes(1 + dice.roll(40), 1);
	if (dice.one_in(25))
		tcp.words = static_cast<unsigned>(dice.roll(16));
	packet.append(tcp);
}

void add_udp(Dice& dice, Packet& packet)
{
	Udp udp{.source_port = static_cast<std::uint16_t>(dice.roll(65536)), .destination_port = dice.pick(kPorts)};
	if (dice.one_in(20))
		udp.length = static_cast<std::uint16_t>(dice.roll(60));
	packet.append(udp);
}

void add_transport(Dice& dice, Packet& packet, bool ipv4)
{
	switch (dice.roll(12)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		return add_tcp(dice, packet);
	case 5:
	case 6:
		return add_udp(dice, packet);
	case 7:
		packet.append(Gre{});
		return;
	case 8:
		packet.append(Esp{});
		return;
	case 9:
		return;
	default:
		if (ipv4)
			packet.append(Icmp{});
		else
			packet.append(Icmpv6{.type = static_cast<std::uint8_t>(128 + dice.roll(12)),
					     .code = static_cast<std::uint8_t>(dice.one_in(4))});
	}
}

void flip_bits(Dice& dice, Bytes& bytes)
{
	const std::uint64_t flips = 1 + dice.roll(4);
	for (std::uint64_t i = 0; i < flips; i++)
		bytes[dice.roll(bytes.size())] ^= static_cast<std::uint8_t>(1u << dice.roll(8));
}

}  // namespace

std::uint64_t seed_of_run()
{
	static const std::uint64_t seed = from_environment("SLUICE_SEED", 20250601);
	return seed;
}

std::uint64_t rounds_of_run(std::uint64_t standard)
{
	return from_environment("SLUICE_ROUNDS", standard);
}

Packet random_packet(Dice& dice)
{
	Packet packet = Layer(Ethernet{});
	add_tags(dice, packet);
	if (dice.one_in(40)) {
		packet.append(Arp{});
		return packet;
	}
	const bool ipv4 = dice.one_in(2);
	if (ipv4) {
		packet.append(random_ipv4(dice));
		if (dice.one_in(20))
			packet.append(authentication(12 + 4 * dice.roll(6)));
	} else {
		packet.append(random_ipv6(dice));
		add_extensions(dice, packet);
	}
	add_transport(dice, packet, ipv4);
	packet.append(payload(dice.one_in(8) ? 200 + dice.roll(1000) : dice.roll(60)));
	return packet;
}

Bytes random_frame(Dice& dice)
{
	Bytes bytes = random_packet(dice).bytes();
	if (dice.one_in(12))
		flip_bits(dice, bytes);
	if (dice.one_in(10))
		bytes.resize(14 + dice.roll(bytes.size()));
	if (dice.one_in(6) && bytes.size() < 60)
		bytes.resize(60);
	return bytes;
}

}  // namespace sluice::test
