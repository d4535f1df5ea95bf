// What a policy's failsafe entries no longer let in that those of another one did.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/model.h"

namespace sluice::policy {

// The first way in of `before` that `after` has not, as "tcp port 22 from 192.0.2.0/25"; none: every packet that was
// covered still is, by whatever entries. Requires entries that validate.
std::optional<std::string> failsafe_gap(const std::vector<Failsafe>& before, const std::vector<Failsafe>& after);

}  // namespace sluice::policy
