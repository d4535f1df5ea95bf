// The receive core: the processor that takes frames off a link, apart from the one that makes them.
#pragma once

#include "base/result.h"
#include "lab/network_namespace.h"

namespace sluice::lab {

// From now on a kernel thread of its own, on that processor alone, takes frames off kInterface (threaded NAPI), as a NIC's
// interrupt would; what it does not keep up with is lost before it. After whatever judges there was attached: the threads are
// made then. Error kUnsupported where the kernel has none.
Result<void> receive_on(const NetworkNamespace& space, unsigned processor);

}  // namespace sluice::lab
