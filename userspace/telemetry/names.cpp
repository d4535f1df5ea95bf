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

std::vector<std::string> role_names(std::span<const sluice_name> names, std::uint64_t roles)
{
	std::vector<std::string> held;
	for (std::uint32_t role = SLUICE_ROLE_FIRST; role < SLUICE_MAX_ROLES; role++) {
		if (roles >> role & 1)
			held.push_back(name_of(names, role));
	}
	return held;
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
