// LeaseHttp: a request for a lease as HTTP has it, and every answer. Pure.
//
//   POST /v1/lease            {"bind": "address" | "prefix"}; no body means address
//   Authorization: Bearer T   where a token is shown besides the certificate
//
// 200 {identity, binding, seconds, renew_after_seconds, renewed}; otherwise {refused, sentence}: 401 with WWW-Authenticate
// (RFC 6750, 3) where a token is missing or wrong, 403, 429 and 503 with Retry-After where waiting helps, 400, 404, 405.
// Every answer ends its connection.
#pragma once

#include <string>
#include <variant>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "port/messages.h"
#include "port/reason.h"

namespace sluice::port {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

inline constexpr std::uint32_t kMostHeaderBytes = 12u << 10;  // a token of 8 KiB among them
inline constexpr std::size_t kMostBodyBytes = 1u << 10;
inline constexpr std::size_t kMostEventBytes = 8u << 10;  // of a security event token

struct Asked {
	std::string token;  // empty: none
	Bind bind = Bind::kAddress;
};
// What is asked, or the answer to who asks for nothing that is here.
std::variant<Asked, HttpResponse> read_request(const HttpRequest& request);

HttpResponse granted_response(const identity::Identity& identity, const Granted& granted);
HttpResponse denied_response(const Denied& denied);
HttpResponse refused_response(identity::Refusal refusal, const identity::Demand& demand);
// 400, 403, 408, 413, 429 and 503 as they fit.
HttpResponse turned_away_response(Reason reason);
// What is asked is nothing that is here.
HttpResponse malformed_response(boost::beast::http::status status, const std::string& sentence);

}  // namespace sluice::port
