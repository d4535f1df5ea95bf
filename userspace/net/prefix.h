// Prefix: a network, host bits always zero.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace sluice::net {

class Prefix {
public:
	Prefix() = default;  // ::/0

	// "192.0.2.0/24", "2001:db8::/32", or an address alone (its host prefix). Error kInvalid, with advice, when the
	// length is out of range or host bits are set ("192.0.2.1/24": write 192.0.2.0/24).
	static Result<Prefix> parse(std::string_view text);
	// Clears the host bits. Requires length <= address.bits().
	static Prefix of(const Address& address, unsigned length);

	const Address& address() const { return address_; }
	unsigned family() const { return address_.family(); }
	// In bits of its family: 0 to 32, or 0 to 128.
	unsigned length() const { return length_; }
	// In bits of the mapped form: 96 to 128 for IPv4. What orders and keys need.
	unsigned mapped_length() const;
	bool is_host() const { return length_ == address_.bits(); }

	bool contains(const Address& address) const;
	bool contains(const Prefix& other) const;

	// Host prefixes print as an address alone.
	std::string to_string() const;

	auto operator<=>(const Prefix&) const = default;

private:
	Prefix(const Address& address, unsigned length) : address_(address), length_(length) {}

	Address address_;
	unsigned length_ = 0;
};

}  // namespace sluice::net
