// A value that may be absent, as JSON has it.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

namespace sluice::control {

// The value, or null.
template <typename Value>
nlohmann::json or_null(const std::optional<Value>& value)
{
	return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace sluice::control
