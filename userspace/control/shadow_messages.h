// Messages of a candidate that is shadowed, and of its promotion, as values and their JSON; rules as in messages.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "control/history_messages.h"

namespace sluice::control {

// A policy that is judged beside the running one and decides nothing.
struct Shadow {
	std::string path;
	std::string digest;
	std::uint64_t since_unix_ns = 0;
};

struct PromoteRequest {  // POST /v1/promote
	std::optional<std::uint64_t> confirm_ns;  // as in ApplyRequest
	bool force = false;
	std::optional<Session> session;
};

nlohmann::json to_json(const std::optional<Shadow>& shadow);
nlohmann::json to_json(const PromoteRequest& request);
Result<Shadow> parse_shadow(const nlohmann::json& json);
Result<PromoteRequest> parse_promote_request(const nlohmann::json& json);

}  // namespace sluice::control
