// What changes for sources: one sweep over the address space, cut into ranges by both policies.
#pragma once

#include "base/result.h"
#include "policy/change.h"
#include "policy/meaning.h"

namespace sluice::policy {

// Changes of Part::kSources and kFailsafe, each for all addresses that it concerns, exactly. Error kFailed when an image
// is damaged.
Result<Changes> source_changes(const Meaning& before, const Meaning& after);

}  // namespace sluice::policy
