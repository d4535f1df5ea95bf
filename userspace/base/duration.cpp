#include "base/duration.h"

#include <array>
#include <charconv>
#include <string>

namespace sluice {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kLongest = 100ull * 365 * 86400;  // seconds

struct Unit {
	char letter;
	std::uint64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

Error bad_duration(std::string_view text)
{
	return Error(ErrorCode::kInvalid, "\"" + std::string(text) + "\" is not a duration",
	             "write 10s, 5m, 2h, 1d or 1h30m");
}

}  // namespace

Result<std::uint64_t> parse_duration(std::string_view text)
{
	std::string_view rest = text;
	std::uint64_t total = 0;
	std::size_t unit = 0;

	while (!rest.empty()) {
		std::uint64_t count = 0;
		const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
		rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
		if (code != std::errc() || rest.empty())
			return bad_duration(text);
		while (unit < kUnits.size() && kUnits[unit].letter != rest.front())
			unit++;
		if (unit == kUnits.size() || count > kLongest / kUnits[unit].seconds)
			return bad_duration(text);
		total += count * kUnits[unit].seconds;
		rest.remove_prefix(1);
		unit++;
	}
	if (total == 0 || total > kLongest)
		return bad_duration(text);
	return total * kSecond;
}

}  // namespace sluice
