// Limits: every place of a policy that limits, as the kernel's limits: keys, meters, regions of the bucket table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/image.h"
#include "policy/model.h"
#include "policy/numbering.h"

namespace sluice::policy {

// A place that limits, and whom.
struct LimitUse {
	std::string name;  // "api/each-source"
	const Limit* limit = nullptr;
	sluice_scope scope = SLUICE_SCOPE_SERVICE;
	unsigned ipv4_length = 0;  // what of a source is the key; not where one key holds all, nor of SLUICE_SCOPE_IDENTITY, whose key is the identity
	unsigned ipv6_length = 0;
};

// Limits that no policy writes: those of SYN cookies, where a service answers with them.
inline constexpr const char* kRepliesAll = "replies/all";
inline constexpr const char* kRepliesEachPrefix = "replies/each-prefix";

bool answers_with_cookies(const Service& service);

// In the order of the policy. The pointers are into it, or to what lasts as long as the program.
std::vector<LimitUse> limit_uses(const Policy& policy);

// Sets of eight buckets for a keyed limit that does not say how many keys it tells apart.
inline constexpr std::uint32_t kDefaultSets = 1u << 15;

struct LimitTable {
	std::uint32_t bucket_sets = 0;
	std::uint64_t now_mono_ns = 0;
};

// [0] is "no limit", [i + 1] is uses[i] under rule number rules[i]; behind them retired ones: meters that are no longer in
// the policy, whose regions nobody needs. A meter that was there before under the same name keeps its region and goes on
// with the same reading: nobody's bucket is refilled. Where the algorithm is now one that keeps something else, the limit
// as it was stands behind too, and holds beside it until it has recovered. A new one starts past whatever a former owner
// left in its region.
// Error kInvalid when a meter cannot be expressed, kExhausted when the bucket table is too small.
Result<std::vector<sluice_limit>> build_limits(const std::vector<LimitUse>& uses, const std::vector<std::uint16_t>& rules,
					       const std::vector<sluice_name>& rule_names, const Heritage& heritage,
					       const LimitTable& table);

}  // namespace sluice::policy
