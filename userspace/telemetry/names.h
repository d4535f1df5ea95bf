// Names: what the running generation calls its services and rules.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sluice/abi/identity.h"
#include "sluice/abi/policy.h"
#include "sluice/abi/proof.h"

namespace sluice::telemetry {

// The name at `number`; "-" for slot 0, "#7" where there is none.
std::string name_of(std::span<const sluice_name> names, std::uint32_t number);
// Those of a mask, by bit.
std::vector<std::string> role_names(std::span<const sluice_name> names, std::uint64_t roles);
// "list", "failsafe", "limit"; "-" for none.
const char* rule_kind_name(unsigned kind);
// Of an enum sluice_path: "not-asked", "connection", "handshake", "kernel-cookie", "proved", "unproved", "nobody",
// "forwarded", "cookie", "follows-cookie".
const char* path_name(unsigned path);

}  // namespace sluice::telemetry
