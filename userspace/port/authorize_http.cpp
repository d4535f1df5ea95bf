#include "port/authorize_http.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/beast/core/string.hpp>

#include "port/escaped_certificate.h"

namespace sluice::port {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::string_view kAuthorize = "/v1/authorize";
constexpr std::string_view kAuthRequest = "/v1/auth-request";
constexpr std::size_t kLongestConnection = 64;

std::string_view text_of(beast::string_view text)
{
	return {text.data(), text.size()};
}

bool is_under(std::string_view target, std::string_view path)
{
	return target.starts_with(path) && (target.size() == path.size() || target[path.size()] == '/' || target[path.size()] == '?');
}

std::optional<Dialect> dialect_of(const HttpRequest& request)
{
	const std::string_view target = text_of(request.target());
	if (is_under(target, kAuthRequest))
		return Dialect::kNginx;
	return is_under(target, kAuthorize) ? std::optional(Dialect::kPlain) : std::nullopt;
}

// Empty where it is not there.
Result<std::string> field_of(const HttpRequest& request, const std::string& name)
{
	const auto [first, last] = request.equal_range(name);
	if (first == last)
		return std::string();
	if (std::next(first) != last)
		return Error(ErrorCode::kInvalid, name + " is there twice.");
	return std::string(text_of(first->value()));
}

Result<net::Address> address_of(const HttpRequest& request, const char* name)
{
	SLUICE_TRY_ASSIGN(const std::string text, field_of(request, name));
	const auto address = net::Address::parse(text);
	if (!address)
		return Error(ErrorCode::kInvalid, std::string(name) + " is no address.");
	return *address;
}

Result<std::uint16_t> port_of(const HttpRequest& request, const char* name)
{
	SLUICE_TRY_ASSIGN(const std::string text, field_of(request, name));
	std::uint16_t port = 0;
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
	if (error != std::errc() || end != text.data() + text.size() || port == 0)
		return Error(ErrorCode::kInvalid, std::string(name) + " is no port.");
	return port;
}

Result<net::Flow> flow_of(const HttpRequest& request)
{
	net::Flow flow;
	SLUICE_TRY_ASSIGN(flow.source, address_of(request, "Sluice-Source"));
	SLUICE_TRY_ASSIGN(flow.source_port, port_of(request, "Sluice-Source-Port"));
	SLUICE_TRY_ASSIGN(flow.destination, address_of(request, "Sluice-Destination"));
	SLUICE_TRY_ASSIGN(flow.destination_port, port_of(request, "Sluice-Destination-Port"));
	if (flow.source.family() != flow.destination.family())
		return Error(ErrorCode::kInvalid, "Sluice-Source and Sluice-Destination are of two families.");
	return flow;
}

// Another scheme's credentials are for whom the gateway guards.
Result<std::string> token_of(const HttpRequest& request)
{
	constexpr std::string_view kBearer = "Bearer ";
	SLUICE_TRY_ASSIGN(const std::string text, field_of(request, "Authorization"));
	if (!beast::iequals(std::string_view(text).substr(0, kBearer.size()), kBearer))
		return std::string();
	return text.substr(kBearer.size());
}

Result<Report> report_of(const HttpRequest& request, const std::vector<RequestLimit>& limits)
{
	Report report;
	SLUICE_TRY_ASSIGN(report.flow, flow_of(request));
	SLUICE_TRY_ASSIGN(report.connection, field_of(request, "Sluice-Connection"));
	if (report.connection.size() > kLongestConnection)
		return Error(ErrorCode::kInvalid, "Sluice-Connection is longer than a number is.");
	SLUICE_TRY_ASSIGN(const std::string certificate, field_of(request, "Sluice-Client-Certificate"));
	SLUICE_TRY_ASSIGN(report.credential.chain, chain_of_escaped(certificate));
	SLUICE_TRY_ASSIGN(report.credential.token, token_of(request));
	for (const RequestLimit& limit : limits) {
		SLUICE_TRY_ASSIGN(std::string key, limit.header.empty() ? Result<std::string>("") : field_of(request, limit.header));
		report.keys.push_back(std::move(key));
	}
	return report;
}

// A header's value: what is no visible ASCII is percent-encoded, so that no name can end the line.
std::string header_text(std::string_view text)
{
	constexpr const char* kDigits = "0123456789ABCDEF";
	std::string out;
	for (const char each : text) {
		const auto byte = static_cast<unsigned char>(each);
		if (byte > 0x20 && byte < 0x7f && byte != '%')
			out += each;
		else
			out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
	}
	return out;
}

// Rounded up.
std::uint64_t seconds_of(std::uint64_t ns)
{
	constexpr std::uint64_t kSecond = 1'000'000'000;
	return (ns + kSecond - 1) / kSecond;
}

bool is_known_to_nginx(http::status status)
{
	return http::to_status_class(status) == http::status_class::successful || status == http::status::unauthorized ||
	       status == http::status::forbidden;
}

}  // namespace

std::variant<Report, HttpResponse> read_report(const HttpRequest& request, const std::vector<RequestLimit>& limits)
{
	const auto dialect = dialect_of(request);
	if (!dialect)
		return malformed_response(http::status::not_found, "There are " + std::string(kAuthorize) + " and " + std::string(kAuthRequest) + ".");
	auto report = report_of(request, limits);
	if (!report)
		return malformed_response(http::status::bad_request, report.error().message());
	report->dialect = *dialect;
	return *std::move(report);
}

HttpResponse authorized_response(const identity::Identity& identity)
{
	HttpResponse made(http::status::ok, 11);
	made.set("Sluice-Identity", header_text(identity.name));
	made.prepare_payload();
	return made;
}

HttpResponse anonymous_response()
{
	HttpResponse made(http::status::ok, 11);
	made.prepare_payload();
	return made;
}

void say_limits(HttpResponse& response, const std::vector<RequestLimiters::Said>& limits)
{
	std::string policy, state;
	std::uint64_t wait_ns = 0;
	for (const auto& [limit, offer] : limits) {
		const std::string name = std::string(policy.empty() ? "" : ", ") + (limit.header.empty() ? "\"identity\"" : "\"key\"");
		policy += name + ";q=" + std::to_string(limit.requests) + ";w=" + std::to_string(limit.period_seconds);
		state += name + ";r=" + std::to_string(offer.remaining) + ";t=" + std::to_string(seconds_of(offer.reset_ns));
		wait_ns = std::max(wait_ns, offer.wait_ns);
	}
	if (!policy.empty()) {
		response.set("RateLimit-Policy", policy);
		response.set("RateLimit", state);
	}
	if (wait_ns > 0)
		response.set(http::field::retry_after, std::to_string(seconds_of(wait_ns)));
}

HttpResponse for_gateway(HttpResponse response, const HttpRequest& request)
{
	response.set("Sluice-Status", std::to_string(response.result_int()));
	if (dialect_of(request) == Dialect::kNginx && !is_known_to_nginx(response.result()))
		response.result(http::status::forbidden);
	if (request.method() == http::verb::head) {
		response.body().clear();
		response.prepare_payload();
	}
	response.version(request.version());
	response.keep_alive(request.keep_alive());
	return response;
}

}  // namespace sluice::port
