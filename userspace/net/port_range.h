// PortRange: the closed interval [first, last] of TCP or UDP ports.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

struct PortRange {
	std::uint16_t first = 0;
	std::uint16_t last = 0;

	// "443" or "8000-8099". Error kInvalid for anything else, port 0 and a range that runs backwards.
	static Result<PortRange> parse(std::string_view text);
	std::string to_string() const;
	bool contains(std::uint16_t port) const { return first <= port && port <= last; }

	auto operator<=>(const PortRange&) const = default;
};

}  // namespace sluice::net
