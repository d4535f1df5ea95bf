#include "net/endpoint.h"

#include <algorithm>

#include "net/digits.h"

namespace sluice::net {
namespace {

constexpr const char* kAdvice = "write ADDRESS, 192.0.2.1:PORT or [2001:db8::1]:PORT";

// The two parts of a text; `port` keeps its colon, so that a colon with nothing behind it is seen.
struct Parts {
	std::string_view host;
	std::string_view port;
};

std::optional<Parts> parts_of(std::string_view text)
{
	if (!text.empty() && text.front() == '[') {
		const std::size_t end = text.find(']');
		if (end == std::string_view::npos)
			return std::nullopt;
		return Parts{text.substr(1, end - 1), text.substr(end + 1)};
	}
	// More than one colon is an IPv6 address: with a port it has brackets.
	if (std::count(text.begin(), text.end(), ':') != 1)
		return Parts{text, {}};
	const std::size_t colon = text.find(':');
	return Parts{text.substr(0, colon), text.substr(colon)};
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text)
{
	const auto parts = parts_of(text);
	const auto address = parts ? Address::parse(parts->host) : Result<Address>(Error(ErrorCode::kInvalid, ""));
	if (!address)
		return Error(ErrorCode::kInvalid, quoted(text) + " is not an address", kAdvice);
	Endpoint endpoint{*address, std::nullopt};
	std::string_view port = parts->port;
	if (port.empty())
		return endpoint;
	if (port.front() != ':')
		return Error(ErrorCode::kInvalid, quoted(text) + " goes on behind its address", kAdvice);
	port.remove_prefix(1);
	const auto number = take_digits(port, 65535);
	if (!number || !port.empty())
		return Error(ErrorCode::kInvalid, quoted(text) + " has no port from 0 to 65535 behind its colon", kAdvice);
	endpoint.port = static_cast<std::uint16_t>(*number);
	return endpoint;
}

std::string Endpoint::to_string() const
{
	if (!port)
		return address.to_string();
	const std::string host = address.is_ipv4() ? address.to_string() : "[" + address.to_string() + "]";
	return host + ":" + std::to_string(*port);
}

}  // namespace sluice::net
