#include "net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "net/digits.h"

namespace sluice::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Four decimal octets, none with a leading zero: "010" is eight to some programs and ten to others.
std::optional<std::array<std::uint8_t, 16>> parse_ipv4(std::string_view text)
{
	std::array<std::uint8_t, 16> bytes{};
	std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
	for (unsigned i = 0; i < 4; i++) {
		const auto octet = take_digits(text, 255);
		if (!octet)
			return std::nullopt;
		bytes[12 + i] = static_cast<std::uint8_t>(*octet);
		if (i == 3)
			break;
		if (text.empty() || text.front() != '.')
			return std::nullopt;
		text.remove_prefix(1);
	}
	if (!text.empty())
		return std::nullopt;
	return bytes;
}

std::optional<std::array<std::uint8_t, 16>> parse_ipv6(std::string_view text)
{
	char copy[INET6_ADDRSTRLEN] = {};
	if (text.size() >= sizeof(copy) || text.find('\0') != std::string_view::npos)
		return std::nullopt;
	text.copy(copy, text.size());
	std::array<std::uint8_t, 16> bytes{};
	if (inet_pton(AF_INET6, copy, bytes.data()) != 1)
		return std::nullopt;
	return bytes;
}

}  // namespace

Result<Address> Address::parse(std::string_view text)
{
	const bool colon = text.find(':') != std::string_view::npos;
	const auto bytes = colon ? parse_ipv6(text) : parse_ipv4(text);
	if (!bytes)
		return Error(ErrorCode::kInvalid, quoted(text) + " is not an IPv4 or IPv6 address");
	return Address(*bytes);
}

Address Address::from_abi(const sluice_addr& addr)
{
	Address address;
	std::memcpy(address.bytes_.data(), &addr, sizeof(addr));
	return address;
}

bool Address::is_ipv4() const
{
	return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
}

sluice_addr Address::to_abi() const
{
	sluice_addr addr;
	std::memcpy(&addr, bytes_.data(), sizeof(addr));
	return addr;
}

std::string Address::to_string() const
{
	char text[INET6_ADDRSTRLEN] = {};
	if (is_ipv4())
		inet_ntop(AF_INET, bytes_.data() + kMapped.size(), text, sizeof(text));
	else
		inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
	return text;
}

}  // namespace sluice::net
