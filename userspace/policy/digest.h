// The digest of a policy's meaning: equal for two files that mean the same, whatever their layout, comments, names of
// limits, order of services, or split of lists into files.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/listing.h"
#include "policy/model.h"
#include "sluice/abi/policy.h"

namespace sluice::policy {

// SHA-256 over a canonical form. Requires a policy that validates; `listing` is its own.
Result<std::array<std::uint8_t, 32>> digest_of(const Policy& policy, const Listing& listing);
// SHA-256 of bytes as they are.
Result<std::array<std::uint8_t, 32>> sha256(std::string_view bytes);

// "9f86d081…", 64 digits.
std::string digest_text(const sluice_meta& meta);

}  // namespace sluice::policy
