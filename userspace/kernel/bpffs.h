// bpffs: the file system in which pins live.
#pragma once

#include <string>

#include "base/result.h"

namespace sluice::kernel {

inline constexpr const char* kBpffs = "/sys/fs/bpf";

// Whether `path`, or the nearest directory above it that exists, is on a bpffs.
bool is_on_bpffs(const std::string& path);

// Makes sure that `path` is or would be on a bpffs: mounts one at /sys/fs/bpf when the path lies under it and none is
// there. Error with advice otherwise. A mount made inside `ip netns exec` is seen in there only, and its pins die with it.
Result<void> ensure_bpffs(const std::string& path);

}  // namespace sluice::kernel
