// Packet: frames made of layers that compose, outermost first:
//
//   Packet packet = Ethernet{} / vlan(7) / Ipv4{.source = "192.0.2.1"} / Tcp{.flags = kSyn | kEce};
//
// Lengths, protocol numbers and checksums are right by default; whatever a layer names itself stands as it is, wrong or
// not. Addresses come from the documentation ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace sluice::test {

using Bytes = std::vector<std::uint8_t>;
using Frame = std::span<const std::uint8_t>;

inline constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20, kEce = 0x40,
			      kCwr = 0x80;

struct Ethernet {
	std::optional<std::uint16_t> type;
};

struct Tag {
	std::uint16_t announced = 0x8100;  // the type by which the header before names this one
	std::uint16_t control = 0;
	std::optional<std::uint16_t> type;
};
Tag vlan(std::uint16_t control = 100);
Tag qinq(std::uint16_t control = 200);

struct Arp {};

struct Ipv4 {
	std::string source = "198.51.100.7";
	std::string destination = "203.0.113.10";
	Bytes options{};  // filled up to whole words
	unsigned version = 4;
	std::optional<unsigned> words{};               // header length field
	std::optional<std::uint16_t> total_length{};
	bool reserved = false;
	bool dont_fragment = false;
	bool more = false;
	std::uint16_t offset = 0;                      // in units of eight bytes
	std::uint8_t time_to_live = 64;
	std::optional<std::uint8_t> protocol{};
};

struct Ipv6 {
	std::string source = "2001:db8:7::7";
	std::string destination = "2001:db8:10::10";
	unsigned version = 6;
	std::optional<std::uint16_t> payload_length{};
	std::uint8_t hop_limit = 64;
	std::optional<std::uint8_t> next{};
};

// An IPv6 extension header, or AH behind either family.
struct Extension {
	std::uint8_t kind = 60;
	std::size_t bytes = 8;                  // its size on the wire, at least 2
	std::optional<std::uint8_t> length{};   // length field; else the one that gives `bytes`
	std::optional<std::uint8_t> next{};
	std::uint8_t fill = 0;                  // what its body is made of
};
Extension hop_by_hop(std::size_t bytes = 8);
Extension destination_options(std::size_t bytes = 8);
Extension routing(std::size_t bytes = 24);
Extension authentication(std::size_t bytes = 24);

// IPv6 fragment header.
struct Fragment {
	std::uint16_t offset = 0;  // in units of eight bytes
	bool more = false;
	std::uint8_t reserved = 0;
	std::uint32_t identification = 1;
	std::optional<std::uint8_t> next{};
};

struct Tcp {
	std::uint16_t source_port = 40000;
	std::uint16_t destination_port = 443;
	std::uint8_t flags = kSyn;
	Bytes options{};                  // filled up to whole words
	std::optional<unsigned> words{};  // data offset field
	std::uint32_t sequence = 1;
	std::uint32_t acknowledgement = 1;
};

struct Udp {
	std::uint16_t source_port = 40000;
	std::uint16_t destination_port = 53;
	std::optional<std::uint16_t> length{};
};

struct Icmp {
	std::uint8_t type = 8;
	std::uint8_t code = 0;
};

struct Icmpv6 {
	std::uint8_t type = 128;
	std::uint8_t code = 0;
};

struct Gre {
	std::uint16_t type = 0x0800;
};

struct Esp {
	std::uint32_t index = 1;
};

// Any bytes; `protocol` is how a header before it names them, where one does.
struct Raw {
	Bytes bytes{};
	std::uint8_t protocol = 253;  // "use for experimentation", RFC 3692
	std::uint16_t type = 0x88b5;  // the same of IEEE 802
};
Raw payload(std::size_t bytes, std::uint8_t protocol = 253);

using Layer = std::variant<Ethernet, Tag, Arp, Ipv4, Ipv6, Extension, Fragment, Tcp, Udp, Icmp, Icmpv6, Gre, Esp, Raw>;

class Packet {
public:
	Packet() = default;
	Packet(Layer layer) : layers_{std::move(layer)} {}
	explicit Packet(std::vector<Layer> layers) : layers_(std::move(layers)) {}

	const std::vector<Layer>& layers() const { return layers_; }
	// Right-hand sides of `/`.
	Packet& append(Layer layer);
	// Only the first `bytes` of the frame arrive.
	Packet cut(std::size_t bytes) const;
	// `bytes` zeroes follow the frame, as Ethernet pads.
	Packet padded(std::size_t bytes) const;

	Bytes bytes() const;

private:
	std::vector<Layer> layers_;
	std::optional<std::size_t> cut_;
	std::size_t padding_ = 0;
};

template <typename T>
concept IsLayer = std::is_constructible_v<Layer, T> && !std::is_same_v<std::decay_t<T>, Layer>;

template <IsLayer Outer, IsLayer Inner>
Packet operator/(Outer outer, Inner inner)
{
	return Packet({Layer(std::move(outer)), Layer(std::move(inner))});
}

template <IsLayer Inner>
Packet operator/(Packet outer, Inner inner)
{
	return outer.append(Layer(std::move(inner)));
}

// "ethernet / vlan / ipv4 198.51.100.7 > 203.0.113.10 / tcp 40000 > 443 flags 0x02"
std::string to_string(const Packet& packet);
// "45 00 00 28 …"
std::string hex(Frame frame);

}  // namespace sluice::test
