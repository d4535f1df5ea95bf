// Classes: what lists and failsafe entries say of a source, as one number for each prefix.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "policy/listing.h"
#include "policy/model.h"
#include "policy/ranges.h"
#include "sluice/abi/policy.h"

namespace sluice::policy {

struct Classes {
	std::vector<sluice_class> classes;                            // [0]: on no list, in no failsafe entry
	std::array<std::vector<RangeEntry>, SLUICE_FAMILIES> entries;  // distinct prefixes
};

// Of each of the policy's lists, by position. 0: no limit.
struct ListNumbers {
	std::uint16_t rule = 0;
	std::uint16_t limit = 0;
};

// The list of a prefix is that of the longest listed prefix that holds it, of equal ones the first; its failsafe
// entries are those of all prefixes that hold it. Error kExhausted beyond SLUICE_MAX_CLASSES.
// `listing` is the policy's own.
Result<Classes> build_classes(const Policy& policy, const Listing& listing, const std::vector<ListNumbers>& lists);

}  // namespace sluice::policy
