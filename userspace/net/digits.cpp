#include "net/digits.h"

#include <algorithm>

namespace sluice::net {

std::optional<std::uint64_t> take_digits(std::string_view& text, std::uint64_t most)
{
	const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
	std::size_t length = 0;
	std::uint64_t value = 0;
	while (length < text.size() && is_digit(text[length])) {
		value = value * 10 + static_cast<std::uint64_t>(text[length] - '0');
		if (value > most)
			return std::nullopt;
		length++;
	}
	if (length == 0 || (length > 1 && text.front() == '0'))
		return std::nullopt;
	text.remove_prefix(length);
	return value;
}

std::string quoted(std::string_view text)
{
	constexpr std::size_t kMost = 64;
	std::string shown(text.substr(0, kMost));
	std::replace_if(shown.begin(), shown.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
	return "'" + shown + (text.size() > kMost ? "…'" : "'");
}

}  // namespace sluice::net
