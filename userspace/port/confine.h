// Confine: what the identity port gives up before it reads a byte of a stranger's. For good, for the whole process.
//
// In two steps, because threads come between: first who it is and what it holds, then which system calls it has left.
#pragma once

#include <sys/types.h>

#include "base/result.h"

namespace sluice::port {

struct Confinement {
	uid_t uid = 65534;  // nobody
	gid_t gid = 65534;
	unsigned files = 4096;  // descriptors at once
};

// Leaves root: other groups, user and group IDs, every capability, and any way back (no_new_privs). No core, no debugger
// (PR_SET_DUMPABLE), few descriptors, SIGKILL when the thread that started this process ends. Who does not start as root
// keeps his IDs. Error: do not go on. Call while there is one thread.
Result<void> give_up_privileges(const Confinement& confinement);

// From now on every thread has only the system calls that serving takes: no file is opened, no socket made, no program run,
// no process or thread begun, no memory made executable; bpf(2), ptrace(2) and whatever else is not on the list are refused
// (EPERM). Requires no_new_privs.
Result<void> refuse_system_calls();

}  // namespace sluice::port
