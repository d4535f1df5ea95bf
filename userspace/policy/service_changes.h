// What changes in services, in limits and for fragments. Pure.
#pragma once

#include "policy/change.h"
#include "policy/model.h"

namespace sluice::policy {

// Services that were added and removed, and what changed in those that both have.
Changes service_changes(const Policy& before, const Policy& after);
// Of services, lists and fragments that both have: every limit, wherever it is written, by the place where it holds.
Changes limit_changes(const Policy& before, const Policy& after);
Changes fragment_changes(const Policy& before, const Policy& after);

}  // namespace sluice::policy
