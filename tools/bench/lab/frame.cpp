#include "lab/frame.h"

#include <algorithm>
#include <cstring>

#include "sluice/abi/addr.h"

namespace sluice::lab {

namespace {

constexpr std::uint8_t kMacs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

class Writer {
public:
	void u8(unsigned value) { bytes.push_back(static_cast<std::uint8_t>(value)); }
	void u16(unsigned value)
	{
		u8(value >> 8);
		u8(value & 0xff);
	}
	void u32(std::uint32_t value)
	{
		u16(value >> 16);
		u16(value & 0xffff);
	}
	void raw(const std::uint8_t* at, std::size_t size) { bytes.insert(bytes.end(), at, at + size); }
	std::uint32_t here() const { return static_cast<std::uint32_t>(bytes.size()); }

	std::vector<std::uint8_t> bytes;
};

void write_link(Writer& writer, const Frame& frame)
{
	writer.raw(kMacs, sizeof(kMacs));
	if (frame.other_host)
		writer.bytes[5] = 0xff;
	for (std::size_t i = 0; i < frame.tags.size(); i++) {
		writer.u16(i + 1 < frame.tags.size() ? 0x88a8 : 0x8100);
		writer.u16(frame.tags[i]);
	}
	writer.u16(frame.source.is_ipv4() ? 0x0800 : 0x86dd);
}

void write_ipv4(Writer& writer, const Frame& frame, std::size_t payload, FrameBytes& made)
{
	writer.u16(0x4500);
	writer.u16(static_cast<unsigned>(20 + payload));
	writer.u32(0x00004000);
	writer.u8(64);
	writer.u8(frame.protocol.number);
	made.ip_checksum_at = writer.here();
	writer.u16(0);
	made.source_at = writer.here();
	writer.raw(frame.source.bytes().data() + 12, 4);
	writer.raw(frame.destination.bytes().data() + 12, 4);
}

void write_ipv6(Writer& writer, const Frame& frame, std::size_t payload, FrameBytes& made)
{
	writer.u32(0x60000000);
	writer.u16(static_cast<unsigned>(payload));
	writer.u8(frame.protocol.number);
	writer.u8(64);
	made.source_at = writer.here() + 4;  // the lower half of the /64: every source is a network of its own
	writer.raw(frame.source.bytes().data(), 16);
	writer.raw(frame.destination.bytes().data(), 16);
}

void write_transport(Writer& writer, const Frame& frame, std::size_t payload, FrameBytes& made)
{
	made.transport_at = writer.here();
	if (!frame.protocol.has_ports())
		return;
	made.port_at = writer.here();
	writer.u16(frame.source_port);
	writer.u16(frame.destination_port);
	if (frame.protocol == net::kTcp) {
		writer.u32(1);
		writer.u32(frame.syn ? 0 : 1);
		writer.u16(frame.syn ? 0x5002 : 0x5010);
		writer.u16(0xffff);
		made.transport_checksum_at = writer.here();
		writer.u32(0);
	} else {
		writer.u16(static_cast<unsigned>(payload));
		made.transport_checksum_at = writer.here();
		writer.u16(0);
	}
}

std::size_t transport_size(net::Protocol protocol)
{
	return protocol == net::kTcp ? 20 : 8;
}

void put(std::vector<std::uint8_t>& bytes, std::uint32_t at, std::uint32_t sum)
{
	const auto value = static_cast<std::uint16_t>(~sum);
	std::memcpy(bytes.data() + at, &value, sizeof(value));
}

std::uint32_t fold(std::uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint32_t>(sum);
}

}  // namespace

FrameBytes to_bytes(const Frame& frame)
{
	FrameBytes made;
	Writer writer;
	write_link(writer, frame);
	made.ip_at = writer.here();
	const std::size_t ip = frame.source.is_ipv4() ? 20 : 40;
	const std::size_t least = made.ip_at + ip + transport_size(frame.protocol);
	const std::size_t length = std::max(frame.length, least);
	const std::size_t payload = length - made.ip_at - ip;
	if (frame.source.is_ipv4())
		write_ipv4(writer, frame, payload, made);
	else
		write_ipv6(writer, frame, payload, made);
	write_transport(writer, frame, payload, made);
	made.headers = writer.here();
	made.bytes = std::move(writer.bytes);
	made.bytes.resize(length);
	if (made.ip_checksum_at != 0)
		put(made.bytes, made.ip_checksum_at, ones_sum(made.bytes.data() + made.ip_at, 20));
	if (made.transport_checksum_at != 0)
		put(made.bytes, made.transport_checksum_at, transport_sum(made));
	return made;
}

std::uint32_t ones_sum(const std::uint8_t* at, std::size_t size)
{
	std::uint64_t sum = 0;
	for (std::size_t i = 0; i < size; i += 2) {
		std::uint16_t word = 0;
		std::memcpy(&word, at + i, std::min<std::size_t>(2, size - i));
		sum += word;
	}
	return fold(sum);
}

std::uint32_t transport_sum(const FrameBytes& frame)
{
	const bool ipv4 = frame.ip_checksum_at != 0;
	const std::uint8_t* ip = frame.bytes.data() + frame.ip_at;
	const std::size_t size = frame.bytes.size() - frame.transport_at;
	const std::uint8_t pseudo[4] = {0, ip[ipv4 ? 9 : 6], static_cast<std::uint8_t>(size >> 8),
					static_cast<std::uint8_t>(size)};
	return fold(std::uint64_t(ones_sum(ip + (ipv4 ? 12 : 8), ipv4 ? 8 : 32)) + ones_sum(pseudo, 4) +
		    ones_sum(frame.bytes.data() + frame.transport_at, size));
}

}  // namespace sluice::lab
