// What contradicts in the part of a policy that is about identities, and in what services ask of them. Pure.
#pragma once

#include "policy/diagnostic.h"
#include "policy/model.h"

namespace sluice::policy {

Diagnostics validate_identities(const Policy& policy);

}  // namespace sluice::policy
