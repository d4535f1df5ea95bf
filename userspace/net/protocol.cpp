#include "net/protocol.h"

#include <algorithm>
#include <array>

#include "net/digits.h"

namespace sluice::net {
namespace {

struct Named {
	std::string_view name;
	std::uint8_t number;
};

constexpr std::array kNames = {
	Named{"icmp", 1},      Named{"igmp", 2},   Named{"ipip", 4},    Named{"tcp", 6},      Named{"egp", 8},
	Named{"igp", 9},       Named{"udp", 17},   Named{"dccp", 33},   Named{"ipv6", 41},    Named{"rsvp", 46},
	Named{"gre", 47},      Named{"esp", 50},   Named{"ah", 51},     Named{"icmpv6", 58},  Named{"eigrp", 88},
	Named{"ospf", 89},     Named{"pim", 103},  Named{"vrrp", 112},  Named{"l2tp", 115},   Named{"sctp", 132},
	Named{"udplite", 136}, Named{"hip", 139},
};

}  // namespace

Result<Protocol> Protocol::parse(std::string_view text)
{
	const auto* named = std::find_if(kNames.begin(), kNames.end(), [text](const Named& n) { return n.name == text; });
	if (named != kNames.end())
		return Protocol{named->number};
	std::string_view rest = text;
	const auto number = take_digits(rest, 255);
	if (!number || !rest.empty())
		return Error(ErrorCode::kInvalid, quoted(text) + " is not a protocol",
			     "write tcp, udp, icmp, icmpv6, gre, esp, sctp, or a number from 0 to 255");
	return Protocol{static_cast<std::uint8_t>(*number)};
}

std::string Protocol::to_string() const
{
	const auto* named = std::find_if(kNames.begin(), kNames.end(), [this](const Named& n) { return n.number == number; });
	return named != kNames.end() ? std::string(named->name) : std::to_string(number);
}

}  // namespace sluice::net
