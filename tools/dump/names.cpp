#include "dump/names.h"

#include <string_view>

#include "sluice/abi/verdict.h"

namespace sluice::dump {

std::string name_of(std::span<const sluice_name> names, std::uint32_t number)
{
	if (number < names.size()) {
		const std::string_view whole(names[number].text, sizeof(names[number].text));
		const auto text = whole.substr(0, whole.find('\0'));
		if (!text.empty())
			return std::string(text);
	}
	return "#" + std::to_string(number);
}

bool retired(std::span<const sluice_name> names, std::uint32_t number)
{
	return number < names.size() && names[number].retired != 0;
}

std::string reason_name(std::uint32_t reason)
{
	switch (reason) {
#define SLUICE_REASON(number, identifier, name, verdict, sentence) \
	case number:                                               \
		return name;
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
	default:
		return "#" + std::to_string(reason);
	}
}

const char* verdict_name(std::uint32_t reason)
{
	return sluice_reason_passes(reason) ? "pass" : "drop";
}

const char* kind_name(unsigned kind)
{
	switch (kind) {
	case SLUICE_RULE_LIST:
		return "list";
	case SLUICE_RULE_FAILSAFE:
		return "failsafe";
	case SLUICE_RULE_LIMIT:
		return "limit";
	default:
		return "-";
	}
}

}  // namespace sluice::dump
