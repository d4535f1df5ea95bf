// Notifier: how the daemon tells the service manager how it is.
#pragma once

#include "base/notifier.h"

namespace sluice::daemon {

using sluice::Notifier;

}  // namespace sluice::daemon
