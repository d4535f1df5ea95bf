// Address: an IPv4 or IPv6 address as a value. Sixteen bytes, IPv4 in its mapped form; the same bytes as
// struct sluice_addr, so that it crosses into the kernel by copy.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sluice/abi/addr.h"

namespace sluice::net {

class Address {
public:
	Address() = default;  // ::

	// "192.0.2.1" or "2001:db8::1"; a mapped "::ffff:192.0.2.1" is IPv4. Error kInvalid otherwise.
	static Result<Address> parse(std::string_view text);
	static Address from_abi(const sluice_addr& addr);
	static Address from_bytes(const std::array<std::uint8_t, 16>& bytes) { return Address(bytes); }

	bool is_ipv4() const;
	// SLUICE_IPV4 or SLUICE_IPV6.
	unsigned family() const { return is_ipv4() ? SLUICE_IPV4 : SLUICE_IPV6; }
	// Bits of an address of this family: 32 or 128.
	unsigned bits() const { return is_ipv4() ? 32 : 128; }

	const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
	sluice_addr to_abi() const;
	// RFC 5952 for IPv6, dotted quad for IPv4.
	std::string to_string() const;

	auto operator<=>(const Address&) const = default;

private:
	explicit Address(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

	std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace sluice::net
