// Privileges: what the daemon gives up once it has started.
#pragma once

#include "base/result.h"

namespace sluice::daemon {

// Keeps, of the capabilities that this process has, those that its work needs (CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN for
// programs and links, CAP_DAC_READ_SEARCH to read policies and lists where they are, CAP_SETUID, CAP_SETGID and CAP_KILL
// to start the identity port as somebody who may do nothing, and to end it), and gives all others up for good; no program
// that it would start gets any back. The calling thread's: call while there is no other.
Result<void> shed_privileges();

}  // namespace sluice::daemon
