#include "model/frame_reader.h"

#include <algorithm>
#include <array>

namespace sluice::test {

namespace {

constexpr std::size_t kMostTags = 2;
constexpr std::size_t kMostExtensions = 8;  // docs/architecture.md: the depth to which extension headers are followed

bool is_tag(unsigned type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

// RFC 8200 and IANA "IPv6 Extension Header Types", without ESP (nothing can be read behind it) and the two numbers for
// experiments.
bool is_extension(unsigned protocol)
{
	static constexpr std::array<unsigned, 8> kinds = {0, 43, 44, 51, 60, 135, 139, 140};
	return std::find(kinds.begin(), kinds.end(), protocol) != kinds.end();
}

class Reader {
public:
	Reader(Frame frame, std::size_t readable) : frame_(frame), readable_(readable) {}

	FrameReading read()
	{
		if (!can_read(14))
			return ends("truncated");
		unsigned type = word(at_ + 12);
		at_ += 14;
		for (std::size_t tags = 0; is_tag(type); tags++) {
			if (tags == kMostTags)
				return ends("tag-depth");
			if (!can_read(4))
				return ends("truncated");
			type = word(at_ + 2);
			at_ += 4;
		}
		if (type == 0x0800)
			return read_ipv4();
		if (type == 0x86dd)
			return read_ipv6();
		return ends("not-ip");
	}

private:
	unsigned byte(std::size_t at) const { return frame_[at]; }
	unsigned word(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }
	bool can_read(std::size_t bytes) const { return at_ + bytes <= readable_; }
	// What the IP header says is left from here on.
	std::size_t left() const { return ip_end_ - at_; }

	FrameReading ends(const std::string& reason)
	{
		reading_.ends_as = reason;
		return reading_;
	}

	net::Address address(std::size_t at, bool ipv4) const
	{
		std::array<std::uint8_t, 16> bytes{};
		if (ipv4)
			bytes[10] = bytes[11] = 0xff;
		const std::size_t first = ipv4 ? 12 : 0;
		for (std::size_t i = first; i < 16; i++)
			bytes[i] = frame_[at + i - first];
		return net::Address::from_bytes(bytes);
	}

	FrameReading read_ipv4()
	{
		if (!can_read(20))
			return ends("truncated");
		const std::size_t header = (byte(at_) & 15) * 4;
		const std::size_t total = word(at_ + 2);
		if (byte(at_) >> 4 != 4 || header < 20)
			return ends("ip-header");
		if (total < header || at_ + total > frame_.size())
			return ends("ip-length");
		const unsigned first = byte(at_ + 12);
		if (first == 127 || first >= 224)  // loopback; multicast, reserved, broadcast
			return ends("source-address");
		reading_.protocol = static_cast<std::uint8_t>(byte(at_ + 9));
		reading_.source = address(at_ + 12, true);
		reading_.destination = address(at_ + 16, true);
		const bool more = byte(at_ + 6) >> 5 & 1;
		const std::size_t offset = (word(at_ + 6) & 0x1fff) * 8;
		ip_end_ = at_ + total;
		at_ += header;
		if (more || offset != 0)
			return read_fragment(offset, more, header);
		return read_transport();
	}

	bool ipv6_source_is_illegal() const
	{
		const std::size_t source = at_ + 8;
		if (byte(source) == 0xff)
			return true;
		for (std::size_t i = 0; i < 10; i++) {
			if (byte(source + i) != 0)
				return false;
		}
		if (word(source + 10) == 0xffff)
			return true;
		return word(source + 10) == 0 && word(source + 12) == 0 && word(source + 14) == 1;
	}

	FrameReading read_ipv6()
	{
		if (!can_read(40))
			return ends("truncated");
		if (byte(at_) >> 4 != 6)
			return ends("ip-header");
		const std::size_t payload = word(at_ + 4);
		if (at_ + 40 + payload > frame_.size())
			return ends("ip-length");
		if (ipv6_source_is_illegal())
			return ends("source-address");
		reading_.protocol = static_cast<std::uint8_t>(byte(at_ + 6));
		hop_limit_ = byte(at_ + 7);
		reading_.source = address(at_ + 8, false);
		reading_.destination = address(at_ + 24, false);
		at_ += 40;
		ip_end_ = at_ + payload;
		return read_extensions();
	}

	FrameReading read_extensions()
	{
		for (std::size_t seen = 0; is_extension(reading_.protocol); seen++) {
			if (seen == kMostExtensions)
				return ends("extension-depth");
			if (left() < 8)
				return ends("extension");
			if (!can_read(8))
				return ends("truncated");
			const unsigned kind = reading_.protocol;
			const std::size_t at = at_;
			const std::size_t size = extension_size(kind, byte(at + 1));
			if (size == 0 || size > left())
				return ends("extension");
			reading_.protocol = static_cast<std::uint8_t>(byte(at));
			at_ += size;
			// RFC 6946: offset 0 and nothing to follow is a whole packet.
			if (kind == 44 && ((word(at + 2) & 0xfff8) != 0 || (word(at + 2) & 1) != 0))
				return read_fragment(word(at + 2) & 0xfff8, word(at + 2) & 1, 0);
		}
		if (reading_.protocol == 58) {
			reading_.neighbour = hop_limit_ == 255 && left() >= 8 && can_read(8) && byte(at_) >= 133 &&
					     byte(at_) <= 137 && byte(at_ + 1) == 0;
			return reading_;
		}
		return read_transport();
	}

	static std::size_t extension_size(unsigned kind, std::size_t length)
	{
		if (kind == 44)
			return 8;
		if (kind == 51)  // RFC 4302: at least three words
			return length == 0 ? 0 : (length + 2) * 4;
		return (length + 1) * 8;
	}

	// `header`: what of the largest datagram the IP header takes (RFC 791; RFC 8200 counts the payload alone).
	FrameReading read_fragment(std::size_t offset, bool more, std::size_t header)
	{
		reading_.fragment = true;
		if (header + offset + left() > 65535)
			return ends("fragment-shape");
		if (more && (left() == 0 || left() % 8 != 0))
			return ends("fragment-shape");
		const std::size_t transport = reading_.protocol == 6 ? 20 : reading_.protocol == 17 ? 8 : 0;
		if (offset == 0 && left() < transport)
			return ends("fragment-shape");
		if (offset != 0 && offset < transport)
			return ends("fragment-shape");
		return reading_;
	}

	FrameReading read_transport()
	{
		if (reading_.protocol == 6)
			return read_tcp();
		if (reading_.protocol == 17)
			return read_udp();
		return reading_;
	}

	FrameReading read_tcp()
	{
		if (left() < 20)
			return ends("transport");
		if (!can_read(20))
			return ends("truncated");
		const std::size_t size = (byte(at_ + 12) >> 4) * 4;
		if (size < 20 || size > left())
			return ends("transport");
		const unsigned flags = byte(at_ + 13);
		const bool syn = flags & 2;
		if (syn && (flags & 5) != 0)
			return ends("tcp-flags");
		reading_.opens_connection = syn && (flags & 0x10) == 0;
		return with_ports();
	}

	FrameReading read_udp()
	{
		if (left() < 8)
			return ends("transport");
		if (!can_read(8))
			return ends("truncated");
		const std::size_t length = word(at_ + 4);
		if (length < 8 || length > left())
			return ends("transport");
		return with_ports();
	}

	FrameReading with_ports()
	{
		reading_.source_port = static_cast<std::uint16_t>(word(at_));
		reading_.destination_port = static_cast<std::uint16_t>(word(at_ + 2));
		return reading_;
	}

	Frame frame_;
	std::size_t readable_;
	std::size_t at_ = 0;
	std::size_t ip_end_ = 0;
	unsigned hop_limit_ = 0;
	FrameReading reading_;
};

}  // namespace

FrameReading read_frame(Frame frame, std::size_t readable)
{
	return Reader(frame, std::min(readable, frame.size())).read();
}

}  // namespace sluice::test
