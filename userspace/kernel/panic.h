// panic: takes every Sluice program off every interface, daemon or no daemon.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::kernel {

struct PanicReport {
	std::vector<std::string> done;    // one sentence each: "eth0: detached"
	std::vector<std::string> failed;  // what is still attached, and why
};

// Detaches and unpins every link under `pins`, then every XDP program named sluice_xdp on the interfaces of this network
// namespace, whoever attached it. Goes on after a failure. Error when the kernel cannot be asked at all. Leaves
// generations and state pinned: counters and bans survive.
Result<PanicReport> panic(const std::string& pins);

}  // namespace sluice::kernel
