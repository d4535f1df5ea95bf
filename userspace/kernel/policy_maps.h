// The maps that belong to one generation, and what of an image goes into each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/image.h"

namespace sluice::kernel {

// As the program names them; beside them a generation has the constants (kConfigMap).
inline constexpr const char* kPolicyMaps[] = {"sources_ipv4", "sources_ipv6", "dests_ipv4",    "dests_ipv6", "classes",
					      "ports",        "groups",       "targets",       "services",   "limits",
					      "meta",         "service_names", "rule_names",    "role_names"};

// The elements of one map, in order from 0. Points into the image.
struct Contents {
	const char* map;
	const void* values;
	std::size_t count;
	std::size_t value_size;
};

// One for each of kPolicyMaps, in that order.
std::vector<Contents> contents_of(const policy::Image& image);

// Error kInvalid when the program could not run on it: tables of a wrong size, buckets beyond the table.
Result<void> check_image(const policy::Image& image, std::uint32_t bucket_sets);

}  // namespace sluice::kernel
