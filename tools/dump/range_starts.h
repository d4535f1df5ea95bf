// Where ranges may start in a range image (core/ranges.h has the layout). Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "policy/image.h"

namespace sluice::dump {

// An address in host order, IPv4 in the topmost 32 bits: as the image has it.
struct Start {
	std::uint64_t high = 0;
	std::uint64_t low = 0;

	auto operator<=>(const Start&) const = default;
};

// Every address at which the class can change, ascending, each once, the lowest address among them. More of them than
// changes: ask the image (policy/ranges.h) for the class from each one on. Error kFailed when the image is damaged.
Result<std::vector<Start>> range_starts(const policy::RangeImage& image, unsigned family);

}  // namespace sluice::dump
