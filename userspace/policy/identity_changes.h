// What would change of identities, in people's words.
#pragma once

#include "policy/change.h"
#include "policy/model.h"

namespace sluice::policy {

// Changes of Part::kIdentity.
Changes identity_changes(const Policy& before, const Policy& after);

}  // namespace sluice::policy
