// Compile: a Policy to an Image. Pure and deterministic: the same policy, heritage and options give the same bytes.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "policy/image.h"
#include "policy/listing.h"
#include "policy/model.h"

namespace sluice::policy {

struct CompileOptions {
	std::uint32_t bucket_sets = 0;        // of the bucket table
	std::uint64_t now_mono_ns = 0;        // CLOCK_MONOTONIC: where the meters go on
	std::uint32_t events_per_window = 8;  // per processor and reason; 0: no events
};

// Requires a policy that validates without errors. Numbers, regions and readings of what the heritage names are kept;
// what it names and the policy does not is retired, until numbers or buckets run out. The installer fills in
// generation, time and hash keys.
// Error kExhausted, with advice, when the policy is larger than the tables.
// `listing` is the policy's own.
Result<Image> compile(const Policy& policy, const Listing& listing, const Heritage& heritage, const CompileOptions& options);
Result<Image> compile(const Policy& policy, const Heritage& heritage, const CompileOptions& options);

}  // namespace sluice::policy
