// Protocol: an IP protocol number with its name (IANA "Assigned Internet Protocol Numbers").
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::net {

struct Protocol {
	std::uint8_t number = 0;

	// "tcp", "udp", "icmp", "icmpv6", "gre", "esp", "ah", "sctp", "igmp", "ospf", …, or a number from 0 to 255.
	static Result<Protocol> parse(std::string_view text);
	std::string to_string() const;
	bool has_ports() const { return number == 6 || number == 17; }

	auto operator<=>(const Protocol&) const = default;
};

inline constexpr Protocol kTcp{6};
inline constexpr Protocol kUdp{17};
inline constexpr Protocol kIcmp{1};
inline constexpr Protocol kIcmpv6{58};

}  // namespace sluice::net
