// Decimal digits from the front of a text, and how a text that is not what it should be is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

// Takes one or more digits off the front of `text`. None, and `text` in an unspecified state, when there is no digit,
// a leading zero, or a number above `most` (at most 2^53).
std::optional<std::uint64_t> take_digits(std::string_view& text, std::uint64_t most);

// 'text', at most 64 characters of it, what is not printable ASCII as '?'.
std::string quoted(std::string_view text);

}  // namespace sluice::net
