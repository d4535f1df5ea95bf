// Diff: everything that one policy says otherwise than another, in the order in which it is shown. Compares what policies
// mean: another layout, another order, lists split otherwise are no difference.
#pragma once

#include "base/result.h"
#include "policy/change.h"
#include "policy/meaning.h"

namespace sluice::policy {

// Empty: every packet is judged alike. Error kFailed when an image is damaged.
Result<Changes> diff(const Meaning& before, const Meaning& after);

}  // namespace sluice::policy
