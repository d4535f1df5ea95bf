// AuthorizeHttp: a gateway's request for an authorization as HTTP has it, and every answer. Pure.
//
//   GET /v1/authorize…      any method, whatever follows (Envoy's ext_authz); answered by the status that is meant
//   GET /v1/auth-request    as nginx's auth_request asks: it knows 2xx, 401 and 403 only, so that every other is a 403
//   Sluice-Source, Sluice-Source-Port, Sluice-Destination, Sluice-Destination-Port   the client's connection
//   Sluice-Connection          the gateway's own number for it; without one the daemon is asked at every request
//   Sluice-Client-Certificate  percent-encoded PEM, of the TLS handshake on that connection
//   Authorization: Bearer T
//   and the headers that limits are by: of the client's own
//
// Each at most once. 200 without a body where the flow is bound, with Sluice-Identity; otherwise 401 with WWW-Authenticate
// (RFC 6750, 3), 403, 429 and 503 with Retry-After, 400, 404. Sluice-Status is the status that is meant, Sluice-Reason its
// reason. RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10) say how the limits of requests stand.
#pragma once

#include <string>
#include <variant>

#include "identity/credential.h"
#include "net/flow.h"
#include "port/lease_http.h"
#include "port/request_limiter.h"

namespace sluice::port {

inline constexpr std::uint32_t kMostGatewayHeaderBytes = 128u << 10;  // all of the client's, and its certificate

// Which statuses the gateway understands.
enum class Dialect { kPlain, kNginx };

struct Report {
	Dialect dialect = Dialect::kPlain;
	net::Flow flow;
	std::string connection;  // empty: it has no number
	identity::Credential credential;
	std::vector<std::string> keys;  // the value of each limit's header; empty where it has none, or is by none
};
// What is reported, or the answer to what is no report.
std::variant<Report, HttpResponse> read_report(const HttpRequest& request, const std::vector<RequestLimit>& limits = {});

HttpResponse authorized_response(const identity::Identity& identity);
// Of a request without any credential, where policy takes them.
HttpResponse anonymous_response();
// What limits say, into an answer: how they stand, and of a refusal when to come again.
void say_limits(HttpResponse& response, const std::vector<RequestLimiters::Said>& limits);
// An answer of lease_http.h as the gateway of that request understands it: of its version, and in its dialect.
HttpResponse for_gateway(HttpResponse response, const HttpRequest& request);

}  // namespace sluice::port
