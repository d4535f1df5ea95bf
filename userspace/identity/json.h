// JSON from the network, strictly: an object, no member twice, bounded depth.
//
// RFC 7515 (4) and RFC 7519 (4) leave it open which of two members of one name wins; two readers that choose differently
// are a way past one of them, so such a text is refused, nested objects included.
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

namespace sluice::identity {

inline constexpr int kMaxJsonDepth = 16;

// Nothing for anything but a well-formed object in UTF-8 (RFC 8259).
std::optional<nlohmann::json> parse_json_object(std::string_view text);

// A member of an object that is a string; null when it is missing or of another type.
const std::string* string_member(const nlohmann::json& object, const char* name);

}  // namespace sluice::identity
