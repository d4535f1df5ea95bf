// How far a policy is that is being applied (a part of GET /v1/status), and how long one took (a part of the answer to
// POST /v1/policy), as values and their JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace sluice::control {

// In the order in which they come.
enum class Stage : std::uint8_t { kReading, kCompiling, kKeeping, kInstalling };
inline constexpr std::size_t kStages = 4;

// "reading", "compiling", "keeping", "installing".
const char* stage_name(Stage stage);

struct Applying {
	std::string path;
	Stage stage = Stage::kReading;
	std::uint64_t lists = 0;     // read until now
	std::uint64_t bytes = 0;     // of those
	std::uint64_t prefixes = 0;  // 0 until all are read
	std::uint64_t elapsed_ns = 0;
};

struct Times {
	using Stages = std::array<std::uint64_t, kStages>;
	std::uint64_t took_ns = 0;  // from the request to the answer, waiting included
	Stages stages{};
};

// Null for none.
nlohmann::json to_json(const std::optional<Applying>& applying);
nlohmann::json to_json(const std::optional<Times>& times);
Result<Applying> parse_applying(const nlohmann::json& json);
Result<Times> parse_times(const nlohmann::json& json);

}  // namespace sluice::control
