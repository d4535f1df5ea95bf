// What contradicts in a policy that parses: overlaps, names twice, limits that no clock can keep. Pure; reports
// everything at once.
#pragma once

#include "policy/diagnostic.h"
#include "policy/listing.h"
#include "policy/model.h"

namespace sluice::policy {

// What a policy without an error here promises to compile.h: every packet meets at most one service, every prefix
// means one thing, every limit has a meter and every meter a speed, and all of it has a number to go by.
// `listing` is the policy's own.
Diagnostics validate(const Policy& policy, const Listing& listing);
Diagnostics validate(const Policy& policy);

}  // namespace sluice::policy
