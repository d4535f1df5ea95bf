// Listing: every prefix that a policy lists, in one order: IPv4 before IPv6, by address, then by length, equal ones as they
// were written. What holds a prefix comes before it, equal prefixes are neighbours. Sorted once, for all who ask.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/model.h"

namespace sluice::policy {

struct Listed {
	net::Prefix prefix;
	std::uint32_t line = 0;
	std::uint16_t file = 0;
	std::uint16_t source = 0;  // index into Policy::sources
	std::uint32_t comment = 0;
};

using Listing = std::vector<Listed>;

// Pure. Requires fewer than 65536 sources. A million prefixes take 80 MB while it is made, 32 after.
Listing listing_of(const Policy& policy);

}  // namespace sluice::policy
