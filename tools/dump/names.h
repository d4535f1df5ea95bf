// Names that the kernel's numbers have.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sluice/abi/policy.h"

namespace sluice::dump {

// The name at `number`; "#7" where there is none. Slot 0 of the services is named "-" by the policy's compiler.
std::string name_of(std::span<const sluice_name> names, std::uint32_t number);
bool retired(std::span<const sluice_name> names, std::uint32_t number);

// As in reasons.def; "#63" for a number that it does not have.
std::string reason_name(std::uint32_t reason);
// "pass" or "drop".
const char* verdict_name(std::uint32_t reason);
// "list", "failsafe", "limit"; "-" for none.
const char* kind_name(unsigned kind);

}  // namespace sluice::dump
