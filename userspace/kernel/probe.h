// probe: whether this kernel, and this process, can do what Sluice needs.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/calls.h"

namespace sluice::kernel {

struct Probe {
	std::string release;               // "6.1.0-18-amd64"
	std::vector<std::string> missing;  // one sentence each; empty: all is there
};

// Asks the kernel; attaches nothing and leaves nothing. Error kDenied when BPF may not be used at all.
Result<Probe> probe(Calls& calls);

// Error kUnsupported that names everything that is missing.
Result<void> require_kernel(Calls& calls);

// "6.1.0-18-amd64".
std::string kernel_release();

}  // namespace sluice::kernel
