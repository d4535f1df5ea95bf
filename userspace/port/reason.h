// Reason: why the identity port turned somebody away; one list, reasons.def, beside identity's refusals.
#pragma once

#include <span>
#include <string_view>

namespace sluice::port {

enum class Reason {
#define SLUICE_PORT_REASON(identifier, name, sentence) k##identifier,
#include "port/reasons.def"
#undef SLUICE_PORT_REASON
};

struct ReasonEntry {
	Reason reason;
	std::string_view name;      // "too-slow"
	std::string_view sentence;  // what it means
};

// In the order of the list, which is that of the enum.
std::span<const ReasonEntry> reasons();
std::string_view name_of(Reason reason);
std::string_view sentence_of(Reason reason);

// Whether it is the name of one of these, or of one of identity's refusals.
bool is_reason(std::string_view name);

}  // namespace sluice::port
