// ClassRanges: a range image (abi/ranges.h has the layout) back to what it was compiled from: the address space, cut into
// ranges of one class. Pure; one pass over the image.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "policy/address_key.h"
#include "policy/image.h"

namespace sluice::policy {

// From `first` on, until the next one's.
struct ClassRange {
	AddressKey first = 0;
	std::uint16_t number = 0;  // the class, or for destinations the column

	bool operator==(const ClassRange&) const = default;
};

// Ascending, the lowest address first, no two neighbours of one class: what find_range (policy/ranges.h) says of every
// address. Error kFailed when the image is damaged.
Result<std::vector<ClassRange>> class_ranges(const RangeImage& image, unsigned family);

// The last address of ranges[at].
AddressKey last_of(const std::vector<ClassRange>& ranges, std::size_t at, unsigned family);

}  // namespace sluice::policy
