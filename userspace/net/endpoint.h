// Endpoint: an address, perhaps with a port, as people write one end of a packet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace sluice::net {

struct Endpoint {
	Address address;
	std::optional<std::uint16_t> port;

	// "192.0.2.1", "192.0.2.1:443", "2001:db8::1", "[2001:db8::1]:443". Error kInvalid, with advice, otherwise.
	static Result<Endpoint> parse(std::string_view text);
	// What parse takes.
	std::string to_string() const;

	bool operator==(const Endpoint&) const = default;
};

}  // namespace sluice::net
