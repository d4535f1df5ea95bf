#include "net/port_range.h"

#include "net/digits.h"

namespace sluice::net {

Result<PortRange> PortRange::parse(std::string_view text)
{
	const auto wrong = [text](const char* why) {
		return Error(ErrorCode::kInvalid, quoted(text) + why, "write a port from 1 to 65535, or FIRST-LAST");
	};
	std::string_view rest = text;
	const auto first = take_digits(rest, 65535);
	if (!first)
		return wrong(" is not a port");
	auto last = first;
	if (!rest.empty()) {
		if (rest.front() != '-')
			return wrong(" is not a port or a range of ports");
		rest.remove_prefix(1);
		last = take_digits(rest, 65535);
		if (!last || !rest.empty())
			return wrong(" is not a range of ports");
	}
	if (*first == 0)
		return wrong(" names port 0, which no service has");
	if (*last < *first)
		return wrong(" runs backwards");
	return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

std::string PortRange::to_string() const
{
	return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

}  // namespace sluice::net
