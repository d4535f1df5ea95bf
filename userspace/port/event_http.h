// The HTTP of pushed security events (RFC 8935): POST /v1/events with a token as body; 202, or 400 with a JSON object that
// names the error. Pure.
#pragma once

#include <string>
#include <variant>

#include "identity/refusal.h"
#include "port/lease_http.h"

namespace sluice::port {

// Whether it is for this to answer, right or wrong.
bool is_event_request(const HttpRequest& request);
// The token, or the answer to who sends something else.
std::variant<std::string, HttpResponse> read_event(const HttpRequest& request);

HttpResponse event_taken_response();
// The error code that RFC 8935 (2.4) has for it: a token that was refused is 400.
HttpResponse event_refused_response(identity::Refusal refusal);

}  // namespace sluice::port
