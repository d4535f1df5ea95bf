// Admission: whether a policy that is right may take the place of the one that runs, or would do what nobody may undo from
// outside: cut off the session that applies it, or close a way in that the failsafe keeps open. Pure.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "control/history_messages.h"
#include "datapath/datapath.h"
#include "policy/image.h"
#include "policy/model.h"

namespace sluice::daemon {

// Error kDenied that names the way in which `before` covers and `after` does not.
Result<void> check_failsafe(const std::vector<policy::Failsafe>& before, const std::vector<policy::Failsafe>& after);

// Error kDenied that names what would drop the session's packets, with the bans and the overlay that stand; none in observe
// mode, where nothing is dropped.
Result<void> check_session(const policy::Image& image, const control::Session& session, datapath::Datapath& datapath);

}  // namespace sluice::daemon
