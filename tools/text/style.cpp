#include "text/style.h"

#include <unistd.h>

#include <cstdlib>

#include "text/number.h"

namespace sluice::text {
namespace {

std::string_view environment(const char* name)
{
	const char* value = std::getenv(name);
	return value == nullptr ? std::string_view() : std::string_view(value);
}

const char* escape(Colour which)
{
	switch (which) {
	case Colour::kRed:
		return "\x1b[31m";
	case Colour::kGreen:
		return "\x1b[32m";
	case Colour::kYellow:
		return "\x1b[33m";
	case Colour::kBold:
		return "\x1b[1m";
	case Colour::kDim:
		return "\x1b[2m";
	case Colour::kNone:
		break;
	}
	return "";
}

}  // namespace

Style Style::of(int fd)
{
	if (isatty(fd) == 0)
		return {};
	return {.colour = environment("NO_COLOR").empty() && environment("TERM") != "dumb", .terminal = true};
}

std::string Style::paint(Colour which, std::string_view text) const
{
	if (!colour || which == Colour::kNone || text.empty())
		return std::string(text);
	return std::string(escape(which)) + std::string(text) + "\x1b[0m";
}

std::string Style::count(std::uint64_t value) const
{
	return terminal ? grouped(value) : std::to_string(value);
}

std::size_t width(std::string_view text)
{
	std::size_t columns = 0;
	bool escaped = false;

	for (const char c : text) {
		const auto byte = static_cast<unsigned char>(c);
		if (escaped)
			escaped = c != 'm';
		else if (c == '\x1b')
			escaped = true;
		else if ((byte & 0xc0) != 0x80)  // not the continuation of a code point
			columns++;
	}
	return columns;
}

}  // namespace sluice::text
