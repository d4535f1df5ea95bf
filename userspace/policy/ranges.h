// Ranges: prefixes of one family, compiled into the image that core/ranges.h reads.
//
// The longest prefix that holds an address decides its class; an address that none holds has class 0. Pure: the
// same prefixes give the same bytes, in whatever order they come.
#pragma once

#include <cstdint>
#include <vector>

#include "net/prefix.h"
#include "policy/image.h"

namespace sluice::policy {

struct RangeEntry {
	net::Prefix prefix;
	std::uint16_t value = 0;  // the class, below SLUICE_MAX_CLASSES
};

// Requires entries of that family alone. Of equal prefixes the last one counts.
RangeImage build_ranges_ipv4(std::vector<RangeEntry> entries);
RangeImage build_ranges_ipv6(std::vector<RangeEntry> entries);

// What the kernel would find, by the same code: the class, or SLUICE_RANGES_DAMAGED, which no built image gives.
// Addresses in host order.
std::uint32_t find_ipv4(const RangeImage& image, std::uint32_t address);
std::uint32_t find_ipv6(const RangeImage& image, std::uint64_t high, std::uint64_t low);
// Of either family: that of the packet, which an IPv4-mapped address does not tell.
std::uint32_t find_range(const RangeImage& image, const sluice_addr& address, unsigned family);

}  // namespace sluice::policy
