// Numbering: names to the numbers that counters are kept under. A name keeps its number from generation to generation;
// one that is no longer in the policy stays, retired, until its number is needed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "sluice/abi/policy.h"

namespace sluice::policy {

struct Wanted {
	std::string name;
	sluice_rule_kind kind = SLUICE_RULE_NONE;  // part of the identity
};

struct Numbering {
	std::vector<sluice_name> names;      // by number, up to the last in use
	std::vector<std::uint16_t> numbers;  // of the wanted, in their order
};

sluice_name make_name(const std::string& text, sluice_rule_kind kind);
std::string text_of(const sluice_name& name);

// Newcomers take the lowest number from `first` on that is free; when none below `capacity` is, the lowest retired
// one. Numbers below `first` are left as inherited, the caller's to fill. Requires distinct names that fit.
// Error kExhausted when more are wanted than there are numbers.
Result<Numbering> assign_numbers(const std::vector<sluice_name>& inherited, const std::vector<Wanted>& wanted,
				 std::uint32_t first, std::uint32_t capacity);

// Numbers from `first` on that `next` gives to another name than `before` did: what was counted under them until now is
// not theirs. Ascending. The running generation counts nothing under them: to it they are retired or free.
std::vector<std::uint32_t> renamed(const std::vector<sluice_name>& before, const std::vector<sluice_name>& next,
				   std::uint32_t first);
// The same of roles, as a mask.
std::uint64_t renamed_roles(const std::vector<sluice_name>& before, const std::vector<sluice_name>& next);

}  // namespace sluice::policy
