#include "control/http.h"

#include <optional>

namespace sluice::control {
namespace {

std::optional<unsigned> digit(char c)
{
	if (c >= '0' && c <= '9')
		return static_cast<unsigned>(c - '0');
	if (c >= 'a' && c <= 'f')
		return static_cast<unsigned>(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return static_cast<unsigned>(c - 'A') + 10;
	return std::nullopt;
}

// Percent-decoded; none for a broken escape or a zero byte.
std::optional<std::string> decoded(std::string_view text)
{
	std::string out;
	for (std::size_t i = 0; i < text.size(); i++) {
		if (text[i] != '%') {
			out += text[i];
			continue;
		}
		if (i + 2 >= text.size())
			return std::nullopt;
		const auto high = digit(text[i + 1]);
		const auto low = digit(text[i + 2]);
		if (!high || !low || (*high == 0 && *low == 0))
			return std::nullopt;
		out += static_cast<char>(*high * 16 + *low);
		i += 2;
	}
	return out;
}

}  // namespace

std::string line_of(const Json& json)
{
	return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Response Response::json(const Json& json, unsigned status)
{
	Response response;
	response.status = status;
	response.body = line_of(json);
	return response;
}

Response Response::error(const Error& error)
{
	return json(to_json(error), http_status(error.code()));
}

Result<Request> parse_target(std::string_view target)
{
	const Error error(ErrorCode::kInvalid, "the request's target is not understood");
	if (target.empty() || target[0] != '/')
		return error;
	const auto mark = target.find('?');
	Request request;
	const auto path = decoded(target.substr(0, mark));
	if (!path)
		return error;
	request.path = *path;

	std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
	while (!rest.empty()) {
		const std::string_view pair = rest.substr(0, rest.find('&'));
		rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
		const auto equals = pair.find('=');
		const auto name = decoded(pair.substr(0, equals));
		const auto value = decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
		if (!name || !value)
			return error;
		request.query[*name] = *value;
	}
	return request;
}

}  // namespace sluice::control
