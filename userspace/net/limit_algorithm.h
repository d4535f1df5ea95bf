// The names of enum sluice_algorithm, for policies and for people.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "sluice/abi/limit.h"

namespace sluice::net {

// By number.
inline constexpr std::array<std::string_view, SLUICE_ALGORITHMS> kLimitAlgorithms = {"token-bucket", "leaky-bucket", "fixed-window",
									 "sliding-log"};

// "?" for a number that is none.
constexpr std::string_view name_of_algorithm(unsigned algorithm)
{
	return algorithm < kLimitAlgorithms.size() ? kLimitAlgorithms[algorithm] : "?";
}

constexpr std::optional<sluice_algorithm> parse_limit_algorithm(std::string_view name)
{
	for (unsigned i = 0; i < kLimitAlgorithms.size(); i++) {
		if (kLimitAlgorithms[i] == name)
			return static_cast<sluice_algorithm>(i);
	}
	return std::nullopt;
}

}  // namespace sluice::net
