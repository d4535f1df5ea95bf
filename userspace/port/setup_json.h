// Setup as JSON; messages.cpp's own part. File contents travel as base64url: they may be any bytes.
#pragma once

#include <nlohmann/json.hpp>

#include "port/messages.h"

namespace sluice::port {

nlohmann::json to_json(const Setup& setup);
// Error kInvalid names the field that is wrong. `type` is the caller's.
Result<Setup> parse_setup(const nlohmann::json& json);

}  // namespace sluice::port
