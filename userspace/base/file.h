// Reading whole files.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace sluice {

// The code that fits an errno: kNotFound, kDenied, kExists, kExhausted, kUnsupported, otherwise kFailed.
ErrorCode code_of_errno(int error);
// "WHAT: No such file or directory", with the code that fits.
Error error_of_errno(int error, std::string what);

inline constexpr std::uint64_t kMaxFileBytes = 1ull << 30;

// The whole of a regular file, or of a pipe or a file of /proc until its end. Error when it cannot be read, is a
// directory, or is longer than `most` bytes.
Result<std::string> read_file(const std::string& path, std::uint64_t most = kMaxFileBytes);

}  // namespace sluice
