#include "support/packet.h"

#include <cstdio>
#include <cstdlib>

#include "net/address.h"

namespace sluice::test {

namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
	using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

// What the layers behind a header were built into, and how it names them.
struct Built {
	Bytes bytes;
	std::uint16_t type = 0x88b5;
	std::uint8_t protocol = 59;  // no next header
};

void put16(Bytes& bytes, std::uint32_t value)
{
	bytes.push_back(static_cast<std::uint8_t>(value >> 8));
	bytes.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& bytes, std::uint32_t value)
{
	put16(bytes, value >> 16);
	put16(bytes, value & 0xffff);
}

void put(Bytes& bytes, const Bytes& more)
{
	bytes.insert(bytes.end(), more.begin(), more.end());
}

std::uint64_t sum_words(const Bytes& bytes)
{
	std::uint64_t sum = 0;
	for (std::size_t i = 0; i < bytes.size(); i++)
		sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
	return sum;
}

// RFC 1071.
std::uint16_t folded(std::uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(~sum);
}

void set16(Bytes& bytes, std::size_t at, std::uint16_t value)
{
	bytes[at] = static_cast<std::uint8_t>(value >> 8);
	bytes[at + 1] = static_cast<std::uint8_t>(value);
}

Bytes address_bytes(const std::string& text, bool ipv4)
{
	const auto address = net::Address::parse(text);
	if (!address || (ipv4 && !address->is_ipv4())) {
		std::fprintf(stderr, "packet: '%s' is not an address of its family\n", text.c_str());
		std::abort();
	}
	const auto& bytes = address->bytes();
	return Bytes(bytes.begin() + (ipv4 ? 12 : 0), bytes.end());
}

Bytes whole_words(Bytes options)
{
	while (options.size() % 4 != 0)
		options.push_back(0);
	return options;
}

// The pseudo-header's part of a checksum (RFC 9293, 3.1; RFC 8200, 8.1): addresses of the IP header that is nearest
// before `index`, length and protocol.
std::uint64_t pseudo_sum(const std::vector<Layer>& layers, std::size_t index, std::size_t length, std::uint8_t protocol)
{
	for (std::size_t i = index; i-- > 0;) {
		if (const auto* ip = std::get_if<Ipv4>(&layers[i]))
			return sum_words(address_bytes(ip->source, true)) +
			       sum_words(address_bytes(ip->destination, true)) + length + protocol;
		if (const auto* ip = std::get_if<Ipv6>(&layers[i]))
			return sum_words(address_bytes(ip->source, false)) +
			       sum_words(address_bytes(ip->destination, false)) + length + protocol;
	}
	return 0;
}

class Builder {
public:
	explicit Builder(const std::vector<Layer>& layers) : layers_(layers) {}

	Built build(std::size_t index) const
	{
		if (index == layers_.size())
			return {};
		const Built inner = build(index + 1);
		return std::visit([&](const auto& layer) { return make(layer, inner, index); }, layers_[index]);
	}

private:
	Built make(const Ethernet& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes = {0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01};
		put16(bytes, layer.type.value_or(inner.type));
		put(bytes, inner.bytes);
		return {bytes};
	}

	Built make(const Tag& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes;
		put16(bytes, layer.control);
		put16(bytes, layer.type.value_or(inner.type));
		put(bytes, inner.bytes);
		return {bytes, layer.announced};
	}

	Built make(const Arp&, const Built&, std::size_t) const
	{
		Bytes bytes = {0, 1, 8, 0, 6, 4, 0, 1};
		bytes.resize(28);
		return {bytes, 0x0806};
	}

	Built make(const Ipv4& layer, const Built& inner, std::size_t) const
	{
		const Bytes options = whole_words(layer.options);
		const std::size_t header = 20 + options.size();
		Bytes bytes;
		bytes.push_back(static_cast<std::uint8_t>(layer.version << 4 | layer.words.value_or(header / 4)));
		bytes.push_back(0);
		put16(bytes, layer.total_length.value_or(static_cast<std::uint16_t>(header + inner.bytes.size())));
		put16(bytes, 1);
		put16(bytes, layer.reserved << 15 | layer.dont_fragment << 14 | layer.more << 13 | layer.offset);
		bytes.push_back(layer.time_to_live);
		bytes.push_back(layer.protocol.value_or(inner.protocol));
		put16(bytes, 0);
		put(bytes, address_bytes(layer.source, true));
		put(bytes, address_bytes(layer.destination, true));
		put(bytes, options);
		set16(bytes, 10, folded(sum_words(bytes)));
		put(bytes, inner.bytes);
		return {bytes, 0x0800, 4};
	}

	Built make(const Ipv6& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes;
		put32(bytes, layer.version << 28);
		put16(bytes, layer.payload_length.value_or(static_cast<std::uint16_t>(inner.bytes.size())));
		bytes.push_back(layer.next.value_or(inner.protocol));
		bytes.push_back(layer.hop_limit);
		put(bytes, address_bytes(layer.source, false));
		put(bytes, address_bytes(layer.destination, false));
		put(bytes, inner.bytes);
		return {bytes, 0x86dd, 41};
	}

	Built make(const Extension& layer, const Built& inner, std::size_t) const
	{
		// RFC 4302 counts words less two, all others eight bytes less one.
		const std::size_t counted = layer.kind == 51 ? layer.bytes / 4 - 2 : layer.bytes / 8 - 1;
		Bytes bytes(layer.bytes, layer.fill);
		bytes[0] = layer.next.value_or(inner.protocol);
		bytes[1] = layer.length.value_or(static_cast<std::uint8_t>(counted));
		put(bytes, inner.bytes);
		return {bytes, 0x88b5, layer.kind};
	}

	Built make(const Fragment& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes = {layer.next.value_or(inner.protocol), layer.reserved};
		put16(bytes, layer.offset << 3 | layer.more);
		put32(bytes, layer.identification);
		put(bytes, inner.bytes);
		return {bytes, 0x88b5, 44};
	}

	Built make(const Tcp& layer, const Built& inner, std::size_t index) const
	{
		const Bytes options = whole_words(layer.options);
		Bytes bytes;
		put16(bytes, layer.source_port);
		put16(bytes, layer.destination_port);
		put32(bytes, layer.sequence);
		put32(bytes, layer.flags & kAck ? layer.acknowledgement : 0);
		bytes.push_back(static_cast<std::uint8_t>(layer.words.value_or((20 + options.size()) / 4) << 4));
		bytes.push_back(layer.flags);
		put16(bytes, 64240);
		put32(bytes, 0);
		put(bytes, options);
		put(bytes, inner.bytes);
		set16(bytes, 16, folded(sum_words(bytes) + pseudo_sum(layers_, index, bytes.size(), 6)));
		return {bytes, 0x88b5, 6};
	}

	Built make(const Udp& layer, const Built& inner, std::size_t index) const
	{
		const auto length = static_cast<std::uint16_t>(8 + inner.bytes.size());
		Bytes bytes;
		put16(bytes, layer.source_port);
		put16(bytes, layer.destination_port);
		put16(bytes, layer.length.value_or(length));
		put16(bytes, 0);
		put(bytes, inner.bytes);
		const std::uint16_t sum = folded(sum_words(bytes) + pseudo_sum(layers_, index, length, 17));
		set16(bytes, 6, sum == 0 ? 0xffff : sum);
		return {bytes, 0x88b5, 17};
	}

	Built make(const Icmp& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes = {layer.type, layer.code, 0, 0, 0, 1, 0, 1};
		put(bytes, inner.bytes);
		set16(bytes, 2, folded(sum_words(bytes)));
		return {bytes, 0x88b5, 1};
	}

	Built make(const Icmpv6& layer, const Built& inner, std::size_t index) const
	{
		Bytes bytes = {layer.type, layer.code, 0, 0, 0, 1, 0, 1};
		put(bytes, inner.bytes);
		set16(bytes, 2, folded(sum_words(bytes) + pseudo_sum(layers_, index, bytes.size(), 58)));
		return {bytes, 0x88b5, 58};
	}

	Built make(const Gre& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes;
		put16(bytes, 0);
		put16(bytes, layer.type);
		put(bytes, inner.bytes);
		return {bytes, 0x88b5, 47};
	}

	Built make(const Esp& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes;
		put32(bytes, layer.index);
		put32(bytes, 1);
		put(bytes, inner.bytes);
		return {bytes, 0x88b5, 50};
	}

	Built make(const Raw& layer, const Built& inner, std::size_t) const
	{
		Bytes bytes = layer.bytes;
		put(bytes, inner.bytes);
		return {bytes, layer.type, layer.protocol};
	}

	const std::vector<Layer>& layers_;
};

std::string name(const Layer& layer)
{
	return std::visit(
		Overloaded{
			[](const Ethernet&) -> std::string { return "ethernet"; },
			[](const Tag& tag) -> std::string { return tag.announced == 0x8100 ? "vlan" : "tag"; },
			[](const Arp&) -> std::string { return "arp"; },
			[](const Ipv4& ip) {
				return "ipv4 " + ip.source + " > " + ip.destination +
				       (ip.offset != 0 || ip.more ? " fragment at " + std::to_string(ip.offset * 8) : "") +
				       (ip.options.empty() ? "" : " with options");
			},
			[](const Ipv6& ip) { return "ipv6 " + ip.source + " > " + ip.destination; },
			[](const Extension& extension) {
				return "extension " + std::to_string(extension.kind) + " of " +
				       std::to_string(extension.bytes);
			},
			[](const Fragment& fragment) { return "fragment at " + std::to_string(fragment.offset * 8); },
			[](const Tcp& tcp) {
				char flags[8];
				std::snprintf(flags, sizeof(flags), "0x%02x", tcp.flags);
				return "tcp " + std::to_string(tcp.source_port) + " > " +
				       std::to_string(tcp.destination_port) + " flags " + flags;
			},
			[](const Udp& udp) {
				return "udp " + std::to_string(udp.source_port) + " > " +
				       std::to_string(udp.destination_port);
			},
			[](const Icmp& icmp) { return "icmp " + std::to_string(icmp.type); },
			[](const Icmpv6& icmp) { return "icmpv6 " + std::to_string(icmp.type); },
			[](const Gre&) -> std::string { return "gre"; },
			[](const Esp&) -> std::string { return "esp"; },
			[](const Raw& raw) { return std::to_string(raw.bytes.size()) + " bytes"; },
		},
		layer);
}

}  // namespace

Tag vlan(std::uint16_t control)
{
	return {.announced = 0x8100, .control = control, .type = {}};
}

Tag qinq(std::uint16_t control)
{
	return {.announced = 0x88a8, .control = control, .type = {}};
}

Extension hop_by_hop(std::size_t bytes)
{
	return {.kind = 0, .bytes = bytes};
}

Extension destination_options(std::size_t bytes)
{
	return {.kind = 60, .bytes = bytes};
}

Extension routing(std::size_t bytes)
{
	return {.kind = 43, .bytes = bytes};
}

Extension authentication(std::size_t bytes)
{
	return {.kind = 51, .bytes = bytes};
}

Raw payload(std::size_t bytes, std::uint8_t protocol)
{
	return {.bytes = Bytes(bytes, 0x5a), .protocol = protocol};
}

Packet& Packet::append(Layer layer)
{
	layers_.push_back(std::move(layer));
	return *this;
}

Packet Packet::cut(std::size_t bytes) const
{
	Packet packet = *this;
	packet.cut_ = bytes;
	return packet;
}

Packet Packet::padded(std::size_t bytes) const
{
	Packet packet = *this;
	packet.padding_ = bytes;
	return packet;
}

Bytes Packet::bytes() const
{
	Bytes bytes = Builder(layers_).build(0).bytes;
	bytes.resize(bytes.size() + padding_);
	if (cut_ && *cut_ < bytes.size())
		bytes.resize(*cut_);
	return bytes;
}

std::string to_string(const Packet& packet)
{
	std::string text;
	for (const auto& layer : packet.layers())
		text += (text.empty() ? "" : " / ") + name(layer);
	return text + ", " + std::to_string(packet.bytes().size()) + " bytes";
}

std::string hex(Frame frame)
{
	static const char digits[] = "0123456789abcdef";
	std::string text;
	for (const std::uint8_t byte : frame) {
		if (!text.empty())
			text += ' ';
		text += digits[byte >> 4];
		text += digits[byte & 15];
	}
	return text;
}

}  // namespace sluice::test
