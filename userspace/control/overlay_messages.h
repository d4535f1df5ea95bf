// The overlay, what the command line adds to a policy's lists, as values and their JSON.
//
// GET, POST and DELETE /v1/overlay. Read as messages.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/messages.h"

namespace sluice::control {

struct OverlayRequest {  // POST
	bool allow = false;  // or deny
	std::vector<net::Prefix> prefixes;         // at least one
	std::optional<std::uint64_t> duration_ns;  // none: until forgotten; never 0
	std::string why;                           // at most 47 bytes
};

struct OverlayRow {  // one of GET
	net::Prefix prefix;
	bool allow = false;
	std::uint64_t created_unix_ns = 0;
	std::optional<std::uint64_t> expires_unix_ns;  // none: until forgotten
	std::optional<std::uint64_t> remaining_ns;
	std::string why;
	std::uint32_t uid = 0;  // who said it, by the control socket
	std::string user;       // its name; empty: it has none
};

// "allow" or "deny".
const char* action_name(bool allow);

Json to_json(const OverlayRequest& request);
Json to_json(const OverlayRow& row);
Json to_json(const std::vector<OverlayRow>& rows);  // {overlay: [...]}
Result<OverlayRequest> parse_overlay_request(const Json& json);
Result<OverlayRow> parse_overlay_row(const Json& json);
Result<std::vector<OverlayRow>> parse_overlay(const Json& json);

}  // namespace sluice::control
