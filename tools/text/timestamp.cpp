#include "text/timestamp.h"

#include <array>
#include <ctime>

namespace sluice::text {

std::string timestamp(std::uint64_t unix_ns)
{
	const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
	std::tm parts{};
	std::array<char, 64> buffer{};
	gmtime_r(&seconds, &parts);
	const std::size_t length = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return std::string(buffer.data(), length);
}

}  // namespace sluice::text
