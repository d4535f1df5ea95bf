#include "net/rate.h"

#include <array>
#include <optional>

#include "net/digits.h"

namespace sluice::net {
namespace {

constexpr std::uint64_t kMostCount = 1ull << 53;

struct Suffix {
	char letter;
	std::uint64_t factor;
};

constexpr std::array kSuffixes = {Suffix{'G', 1'000'000'000}, Suffix{'M', 1'000'000}, Suffix{'k', 1'000}};

// Takes "2000" or "50k" off the front; none for anything else and past the largest count.
std::optional<std::uint64_t> take_count(std::string_view& text)
{
	const auto digits = take_digits(text, kMostCount);
	if (!digits)
		return std::nullopt;
	for (const auto& [letter, factor] : kSuffixes) {
		if (text.empty() || text.front() != letter)
			continue;
		text.remove_prefix(1);
		if (*digits > kMostCount / factor)
			return std::nullopt;
		return *digits * factor;
	}
	return digits;
}

std::optional<std::uint64_t> period_of(std::string_view text)
{
	if (text == "/s")
		return 1;
	if (text == "/m")
		return 60;
	if (text == "/h")
		return 3600;
	return std::nullopt;
}

}  // namespace

Result<Rate> Rate::parse(std::string_view text)
{
	std::string_view rest = text;
	const auto count = take_count(rest);
	const auto period = count ? period_of(rest) : std::nullopt;
	if (!period)
		return Error(ErrorCode::kInvalid, quoted(text) + " is not a rate",
			     "write N/s, N/m or N/h, N a whole number with k, M or G behind it, such as 50k/s");
	if (*count == 0)
		return Error(ErrorCode::kInvalid, quoted(text) + " admits nothing", "use action: deny to refuse sources");
	return Rate{*count, *period};
}

std::string Rate::to_string() const
{
	const char* period = period_seconds == 1 ? "/s" : period_seconds == 60 ? "/m" : "/h";
	for (const auto& [letter, factor] : kSuffixes) {
		if (count != 0 && count % factor == 0)
			return std::to_string(count / factor) + letter + period;
	}
	return std::to_string(count) + period;
}

Result<std::uint64_t> parse_count(std::string_view text)
{
	std::string_view rest = text;
	const auto count = take_count(rest);
	if (!count || !rest.empty())
		return Error(ErrorCode::kInvalid, quoted(text) + " is not a count",
			     "write a whole number with k, M or G behind it, such as 20k");
	return *count;
}

}  // namespace sluice::net
