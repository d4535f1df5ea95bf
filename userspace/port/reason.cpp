#include "port/reason.h"

#include <algorithm>
#include <array>

#include "identity/refusal.h"

namespace sluice::port {
namespace {

constexpr std::array kReasons = {
#define SLUICE_PORT_REASON(identifier, name, sentence) ReasonEntry{Reason::k##identifier, name, sentence},
#include "port/reasons.def"
#undef SLUICE_PORT_REASON
};

}  // namespace

std::span<const ReasonEntry> reasons()
{
	return kReasons;
}

std::string_view name_of(Reason reason)
{
	return kReasons[static_cast<std::size_t>(reason)].name;
}

std::string_view sentence_of(Reason reason)
{
	return kReasons[static_cast<std::size_t>(reason)].sentence;
}

bool is_reason(std::string_view name)
{
	const auto has_name = [name](const auto& entry) { return entry.name == name; };
	const auto refusals = identity::refusals();
	return std::any_of(kReasons.begin(), kReasons.end(), has_name) || std::any_of(refusals.begin(), refusals.end(), has_name);
}

}  // namespace sluice::port
