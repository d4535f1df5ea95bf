// The claims that every reader of a JWT looks at (RFC 7519, 4.1), taken strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "identity/moment.h"
#include "identity/refusal.h"

namespace sluice::identity {

Refused wrong_claim(std::string_view name);

// Refused: claims.
Checked<std::string> text_claim(const nlohmann::json& claims, const char* name);
// A NumericDate (RFC 7519, 2): seconds, perhaps with a fraction, which is cut off. Refused: claims.
Checked<Moment> moment_claim(const nlohmann::json& claims, const char* name);
// `aud` is one string, or an array of nothing but strings, of which one is ours. Refused: claims, audience.
Checked<void> check_audience(const nlohmann::json& claims, const std::vector<std::string>& ours);

// Whether a header's `typ` is application/WANTED, with or without "application/", in any case as media types are (RFC 7515,
// 4.1.9). `wanted` is in lower case.
bool is_type(const std::optional<std::string>& type, std::string_view wanted);

}  // namespace sluice::identity
