// Style: how output looks where it goes. Colour and grouped digits are for a terminal; whatever reads a pipe gets plain
// text and plain numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::text {

enum class Colour { kNone, kRed, kGreen, kYellow, kBold, kDim };

struct Style {
	bool colour = false;
	bool terminal = false;  // digits in groups; the screen may be redrawn

	// For a descriptor: both on a terminal, but no colour where NO_COLOR is set and not empty (no-color.org) or TERM is "dumb".
	static Style of(int fd);

	// `text` between the escapes of `which`, or as it is.
	std::string paint(Colour which, std::string_view text) const;
	// "1 234 567" or "1234567".
	std::string count(std::uint64_t value) const;
};

// Columns that `text` takes on a terminal: its code points, without escapes.
std::size_t width(std::string_view text);

}  // namespace sluice::text
