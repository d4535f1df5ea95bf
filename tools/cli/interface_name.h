// Names of interfaces, as the kernel takes them.
#pragma once

#include <string>

#include "base/result.h"

namespace sluice::cli {

// 1 to 15 bytes, no slash, no blank, not "." or "..": what the kernel would refuse is said before anybody is asked.
Result<void> require_interface_name(const std::string& name);

}  // namespace sluice::cli
