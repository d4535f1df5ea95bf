// Image: a compiled policy, as the contents of the kernel's maps (include/sluice/abi/policy.h), and Heritage: what
// the generation before it leaves to it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sluice/abi/limit.h"
#include "sluice/abi/policy.h"

namespace sluice::policy {

// One family's compiled prefixes: blocks of 64 bytes, as core/ranges.h reads them.
struct RangeImage {
	struct alignas(8) Block {
		std::array<std::uint8_t, 64> bytes{};
		bool operator==(const Block&) const = default;
	};
	std::vector<Block> blocks;
};

// What must keep its number from one generation to the next, because state that outlives a policy is indexed by it:
// counters by service slot and rule number, bucket regions and meter readings by limit, roles of identities by bit. Names are the identity:
// "api" a service, "partners" a list, "api/each-source" a limit.
struct Heritage {
	std::vector<sluice_name> services;            // by slot
	std::vector<sluice_name> rules;               // by rule number
	std::vector<sluice_name> roles;               // by bit
	std::map<std::string, sluice_limit> limits;   // by rule name, retired meters included while their region is theirs
	std::map<std::string, sluice_limit> before;   // by rule name, what holds beside the limit for a time (sluice_limit::before)
	std::uint32_t generation = 0;                 // 0: there was none
};

// What a generation leaves, from its own maps.
struct Names {
	const std::vector<sluice_name>& services;
	const std::vector<sluice_name>& rules;
	const std::vector<sluice_name>& roles;
};
Heritage inherit(std::uint32_t generation, const Names& names, const std::vector<sluice_limit>& limits);

struct Image {
	// The generation's own maps.
	std::array<RangeImage, SLUICE_FAMILIES> sources;       // source address to class
	std::array<RangeImage, SLUICE_FAMILIES> destinations;  // destination address to column
	std::vector<sluice_class> classes;
	std::vector<sluice_cells> ports;    // SLUICE_PORT_CELLS cells
	std::vector<sluice_group> groups;
	std::vector<sluice_cells> targets;
	std::vector<sluice_service> services;  // by slot
	std::vector<sluice_limit> limits;      // [0] is "no limit"
	std::vector<sluice_name> service_names;
	std::vector<sluice_name> rule_names;
	std::vector<sluice_name> role_names;   // by bit
	sluice_meta meta{};

	// The program's constants. The installer fills in hash and generation.
	sluice_config config{};
};

}  // namespace sluice::policy
