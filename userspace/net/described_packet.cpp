#include "net/described_packet.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "sluice/core/addr.h"
#include "sluice/core/wire.h"

namespace sluice::net {
namespace {

constexpr std::uint32_t kFragmentHeader = 8;
constexpr std::uint16_t kFragmentOffset = 1480;  // of the second fragment where a link takes 1500 bytes
constexpr std::uint8_t kHops = 64;
constexpr std::uint8_t kUnforwarded = 255;
constexpr std::uint8_t kEchoIpv4 = 8;
constexpr std::uint8_t kEchoIpv6 = 128;

Error wrong(std::string message, std::string advice)
{
	return Error(ErrorCode::kInvalid, std::move(message), std::move(advice));
}

bool has_icmp_type(const DescribedPacket& packet)
{
	return (packet.protocol == kIcmp || packet.protocol == kIcmpv6) && !packet.fragment;
}

std::uint8_t icmp_type_of(const DescribedPacket& packet)
{
	return packet.icmp_type.value_or(packet.protocol == kIcmp ? kEchoIpv4 : kEchoIpv6);
}

std::uint32_t transport_size(const DescribedPacket& packet)
{
	if (packet.fragment)
		return 0;
	if (packet.protocol == kTcp)
		return sizeof(sluice_wire_tcp);
	return packet.protocol == kUdp || has_icmp_type(packet) ? sizeof(sluice_wire_udp) : 0;
}

std::uint32_t ip_size(const DescribedPacket& packet)
{
	if (packet.source.address.is_ipv4())
		return sizeof(sluice_wire_ipv4);
	return sizeof(sluice_wire_ipv6) + (packet.fragment ? kFragmentHeader : 0);
}

std::uint32_t headers_size(const DescribedPacket& packet)
{
	return sizeof(sluice_wire_ethernet) + ip_size(packet) + transport_size(packet);
}

Result<void> check_ports(const DescribedPacket& packet)
{
	const std::string protocol = packet.protocol.to_string();
	const bool named = packet.source.port || packet.destination.port;
	if (packet.fragment && named)
		return wrong("a fragment has no ports", "leave the ports out, or the fragment");
	if (packet.fragment)
		return {};
	if (named && !packet.protocol.has_ports())
		return wrong("protocol " + protocol + " has no ports", "leave the port out");
	if (packet.protocol.has_ports() && !packet.destination.port)
		return wrong("a " + protocol + " packet goes to a port, and '" + packet.destination.to_string() + "' names none",
			     "write " + Endpoint{packet.destination.address, 443}.to_string() + " for port 443");
	return {};
}

Result<void> check_length(const DescribedPacket& packet)
{
	const std::uint32_t least = headers_size(packet);
	const std::uint32_t most = sizeof(sluice_wire_ethernet) + 65535 - (packet.fragment ? kFragmentOffset : 0);
	if (packet.length != 0 && (packet.length < least || packet.length > most))
		return wrong("no such packet has " + std::to_string(packet.length) + " bytes",
			     "its frame has from " + std::to_string(least) + " to " + std::to_string(most));
	return {};
}

Result<void> check(const DescribedPacket& packet)
{
	if (packet.source.address.family() != packet.destination.address.family())
		return wrong("the packet goes from " + packet.source.address.to_string() + " to " + packet.destination.address.to_string(),
			     "both have to be IPv4, or both IPv6");
	SLUICE_TRY(check_ports(packet));
	if (packet.syn && packet.protocol != kTcp)
		return wrong("protocol " + packet.protocol.to_string() + " has no SYN", "leave it out, or write tcp");
	if (packet.syn && packet.fragment)
		return wrong("a fragment shows no SYN", "leave out one of them");
	if (packet.icmp_type && !has_icmp_type(packet))
		return wrong(packet.fragment ? "a fragment shows no ICMP type" : "protocol " + packet.protocol.to_string() + " has no ICMP type",
			     "leave the type out");
	return check_length(packet);
}

// Copies headers to where they belong; the frame is as long as it has to be.
class Writer {
public:
	explicit Writer(std::size_t length) : frame_(length) {}

	template <typename Header>
	void add(const Header& header)
	{
		std::memcpy(frame_.data() + at_, &header, sizeof(header));
		at_ += sizeof(header);
	}
	std::uint16_t left() const { return static_cast<std::uint16_t>(frame_.size() - at_); }
	FrameBytes take() { return std::move(frame_); }

private:
	FrameBytes frame_;
	std::size_t at_ = 0;
};

void add_ipv4(Writer& writer, const DescribedPacket& packet)
{
	sluice_wire_ipv4 ip{};
	ip.version_words = 0x45;
	ip.length = SLUICE_BE16(writer.left());
	ip.fragment = SLUICE_BE16(static_cast<std::uint16_t>(packet.fragment ? kFragmentOffset / 8 : 0));
	ip.time_to_live = kHops;
	ip.protocol = packet.protocol.number;
	ip.source = packet.source.address.to_abi().word[3];
	ip.destination = packet.destination.address.to_abi().word[3];
	writer.add(ip);
}

void add_ipv6(Writer& writer, const DescribedPacket& packet)
{
	const bool neighbour = packet.protocol == kIcmpv6 && packet.icmp_type && *packet.icmp_type >= SLUICE_NEIGHBOUR_FIRST &&
			       *packet.icmp_type <= SLUICE_NEIGHBOUR_LAST;
	sluice_wire_ipv6 ip{};
	ip.version_class = 0x60;
	ip.payload_length = SLUICE_BE16(static_cast<std::uint16_t>(writer.left() - sizeof(ip)));
	ip.next = packet.fragment ? SLUICE_PROTO_FRAGMENT : packet.protocol.number;
	ip.hop_limit = neighbour ? kUnforwarded : kHops;
	std::memcpy(ip.source, packet.source.address.bytes().data(), sizeof(ip.source));
	std::memcpy(ip.destination, packet.destination.address.bytes().data(), sizeof(ip.destination));
	writer.add(ip);
	if (packet.fragment) {
		sluice_wire_extension extension{};
		extension.next = packet.protocol.number;
		extension.fragment = SLUICE_BE16(kFragmentOffset);
		writer.add(extension);
	}
}

void add_transport(Writer& writer, const DescribedPacket& packet)
{
	const std::uint16_t from = packet.source.port.value_or(kSomeClientPort);
	if (packet.fragment)
		return;
	if (packet.protocol == kTcp) {
		sluice_wire_tcp tcp{};
		tcp.source = SLUICE_BE16(from);
		tcp.destination = SLUICE_BE16(*packet.destination.port);
		tcp.offset = sizeof(tcp) / 4 << 4;
		tcp.flags = packet.syn ? SLUICE_TCP_SYN : SLUICE_TCP_ACK;
		writer.add(tcp);
	} else if (packet.protocol == kUdp) {
		sluice_wire_udp udp{};
		udp.source = SLUICE_BE16(from);
		udp.destination = SLUICE_BE16(*packet.destination.port);
		udp.length = SLUICE_BE16(writer.left());
		writer.add(udp);
	} else if (has_icmp_type(packet)) {
		sluice_wire_icmpv6 icmp{};
		icmp.type = icmp_type_of(packet);
		writer.add(icmp);
	}
}

}  // namespace

Result<FrameBytes> frame_of(const DescribedPacket& packet)
{
	SLUICE_TRY(check(packet));
	const bool ipv4 = packet.source.address.is_ipv4();
	Writer writer(std::max(packet.length, headers_size(packet)));
	sluice_wire_ethernet ethernet{};
	ethernet.type = SLUICE_BE16(static_cast<std::uint16_t>(ipv4 ? SLUICE_TYPE_IPV4 : SLUICE_TYPE_IPV6));
	writer.add(ethernet);
	if (ipv4)
		add_ipv4(writer, packet);
	else
		add_ipv6(writer, packet);
	add_transport(writer, packet);
	return writer.take();
}

}  // namespace sluice::net
