// Names of reasons, for tests: straight from the one list.
#pragma once

#include <cstddef>
#include <string>

namespace sluice::test {

// Empty for a number that the list does not have.
inline std::string reason_name(std::size_t reason)
{
	switch (reason) {
#define SLUICE_REASON(number, identifier, name, verdict, sentence) \
	case number:                                               \
		return name;
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
	default:
		return "";
	}
}

}  // namespace sluice::test
