#include "port/lease_http.h"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>

#include "base/json_reader.h"
#include "identity/json.h"

namespace sluice::port {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Json = nlohmann::json;

constexpr std::string_view kPath = "/v1/lease";
constexpr std::string_view kBearer = "Bearer ";

HttpResponse response(http::status status, const Json& body)
{
	HttpResponse made(status, 11);
	made.set(http::field::content_type, "application/json");
	made.set(http::field::cache_control, "no-store");
	made.keep_alive(false);
	made.body() = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
	made.prepare_payload();
	return made;
}

HttpResponse refusal(http::status status, std::string_view name, std::string_view sentence)
{
	HttpResponse made = response(status, {{"refused", std::string(name)}, {"sentence", std::string(sentence)}});
	made.set("Sluice-Reason", std::string(name));
	return made;
}

Result<std::string> token_of(const HttpRequest& request)
{
	const auto [first, last] = request.equal_range(http::field::authorization);
	if (first == last)
		return std::string();
	if (std::distance(first, last) > 1)
		return Error(ErrorCode::kInvalid, "Authorization is there twice.");
	const std::string_view value(first->value().data(), first->value().size());
	if (!beast::iequals(value.substr(0, kBearer.size()), kBearer) || value.size() == kBearer.size())
		return Error(ErrorCode::kInvalid, "Authorization is something else than Bearer and a token.");
	return std::string(value.substr(kBearer.size()));
}

Result<Bind> bind_of(const std::string& body)
{
	if (body.empty())
		return Bind::kAddress;
	const Error wrong(ErrorCode::kInvalid, "The body is something else than {\"bind\": \"address\"} or {\"bind\": \"prefix\"}.");
	const auto json = identity::parse_json_object(body);
	if (!json)
		return wrong;
	JsonReader reader(*json, "body");
	const auto bind = parse_bind(reader.text_or("bind", name_of(Bind::kAddress)));
	if (!bind || reader.error_if_unknown())
		return wrong;
	return *bind;
}

// Whether it is about the token, so that RFC 6750 has an answer for it.
bool is_of_token(identity::Refusal refusal)
{
	return refusal > identity::Refusal::kTokenNeeded && refusal <= identity::Refusal::kBindingUnknown;
}

}  // namespace

HttpResponse malformed_response(http::status status, const std::string& sentence)
{
	return refusal(status, name_of(Reason::kRequestMalformed), sentence);
}

std::variant<Asked, HttpResponse> read_request(const HttpRequest& request)
{
	const std::string_view target(request.target().data(), request.target().size());
	if (target != kPath)
		return malformed_response(http::status::not_found, "There is only POST " + std::string(kPath) + ".");
	if (request.method() != http::verb::post) {
		HttpResponse made = malformed_response(http::status::method_not_allowed, std::string(kPath) + " takes POST.");
		made.set(http::field::allow, "POST");
		return made;
	}
	auto token = token_of(request);
	if (!token)
		return malformed_response(http::status::bad_request, token.error().message());
	const auto bind = bind_of(request.body());
	if (!bind)
		return malformed_response(http::status::bad_request, bind.error().message());
	return Asked{*std::move(token), *bind};
}

HttpResponse granted_response(const identity::Identity& identity, const Granted& granted)
{
	return response(http::status::ok, {{"identity", identity.name},
					   {"binding", granted.binding},
					   {"seconds", granted.seconds},
					   {"renew_after_seconds", std::max<std::uint64_t>(granted.seconds / 2, 1)},
					   {"renewed", granted.renewed}});
}

HttpResponse denied_response(const Denied& denied)
{
	const http::status status = denied.kind == DenialKind::kTooMany      ? http::status::too_many_requests
				    : denied.kind == DenialKind::kUnavailable ? http::status::service_unavailable
									      : http::status::forbidden;
	HttpResponse made = refusal(status, denied.reason, denied.sentence);
	if (denied.retry_after_seconds > 0)
		made.set(http::field::retry_after, std::to_string(denied.retry_after_seconds));
	return made;
}

HttpResponse refused_response(identity::Refusal refused, const identity::Demand& demand)
{
	const bool asks = refused == identity::Refusal::kTokenNeeded || (refused == identity::Refusal::kNoCredential && demand.unbound_is_enough);
	const bool unauthorized = asks || is_of_token(refused);
	HttpResponse made = refusal(unauthorized ? http::status::unauthorized : http::status::forbidden, name_of(refused), sentence_of(refused));
	if (unauthorized)
		made.set(http::field::www_authenticate, asks ? "Bearer" : "Bearer error=\"invalid_token\"");
	return made;
}

HttpResponse turned_away_response(Reason reason)
{
	switch (reason) {
	case Reason::kRequestTooLarge:
		return refusal(http::status::payload_too_large, name_of(reason), sentence_of(reason));
	case Reason::kTooSlow:
		return refusal(http::status::request_timeout, name_of(reason), sentence_of(reason));
	case Reason::kNotReady:
	case Reason::kTooManyWaiting: {
		HttpResponse made = refusal(http::status::service_unavailable, name_of(reason), sentence_of(reason));
		made.set(http::field::retry_after, "1");
		return made;
	}
	case Reason::kRequestsExceeded:
		return refusal(http::status::too_many_requests, name_of(reason), sentence_of(reason));
	case Reason::kCallerUnknown:
		return refusal(http::status::forbidden, name_of(reason), sentence_of(reason));
	case Reason::kTlsVersion:
	case Reason::kTlsFailed:
	case Reason::kRequestMalformed:
		break;
	}
	return refusal(http::status::bad_request, name_of(reason), sentence_of(reason));
}

}  // namespace sluice::port
