// Reasons: the one list (abi/reasons.def) as a table for programs that show or read names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sluice/abi/verdict.h"

namespace sluice::telemetry {

struct Reason {
	std::uint8_t number = 0;
	std::string_view name;      // "source-packets"
	bool passes = false;
	std::string_view sentence;  // what it means

	std::string_view verdict() const { return passes ? "pass" : "drop"; }
};

// In the order of the list, which is that of their numbers.
std::span<const Reason> reasons();
// Null where there is none.
const Reason* find_reason(std::uint32_t number);
const Reason* find_reason(std::string_view name);
// Its name; "#63" for a number that this version does not know.
std::string reason_name(std::uint32_t number);
// "pass" or "drop"; "drop" for a number that this version does not know.
const char* verdict_name(std::uint32_t number);

}  // namespace sluice::telemetry
