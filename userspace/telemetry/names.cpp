#include "telemetry/names.h"

#include <array>
#include <string_view>

namespace sluice::telemetry {

std::string name_of(std::span<const sluice_name> names, std::uint32_t number)
{
	if (number < names.size()) {
		const std::string_view whole(names[number].text, sizeof(names[number].text));
		const auto text = whole.substr(0, whole.find('\0'));
		if (!text.empty())
			return std::string(text);
	}
	return number == 0 ? "-" : "#" + std::to_string(number);
}

const char* rule_kind_name(unsigned kind)
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

const char* path_name(unsigned path)
{
	constexpr std::array<const char*, SLUICE_PATHS> names{"not-asked", "connection", "handshake", "kernel-cookie",
	                                                      "proved",    "unproved",   "nobody",    "forwarded",
	                                                      "cookie",    "follows-cookie"};
	return path < names.size() ? names[path] : "?";
}

}  // namespace sluice::telemetry
