#include "text/number.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace sluice::text {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

struct Unit {
	char letter;
	std::uint64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

std::string print(const char* format, double value)
{
	std::array<char, 64> buffer{};
	const int length = std::snprintf(buffer.data(), buffer.size(), format, value);
	return std::string(buffer.data(), static_cast<std::size_t>(length));
}

struct Scaled {
	std::string digits;
	const char* suffix;
};

Scaled scale(double value)
{
	constexpr std::array<const char*, 6> suffixes{"", "k", "M", "G", "T", "P"};
	std::size_t power = 0;

	while (value >= 999.5 && power + 1 < suffixes.size()) {
		value /= 1000;
		power++;
	}
	const bool whole = power == 0 && value == std::floor(value);
	const char* format = whole || value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f";
	return {print(format, value), suffixes[power]};
}

}  // namespace

std::string grouped(std::uint64_t value)
{
	std::string digits = std::to_string(value);
	for (std::size_t at = digits.size(); at > 3; at -= 3)
		digits.insert(at - 3, 1, ' ');
	return digits;
}

std::string scaled(double value)
{
	const Scaled parts = scale(value);
	return parts.digits + parts.suffix;
}

std::string bit_rate(double value)
{
	const Scaled parts = scale(value);
	return parts.digits + " " + parts.suffix + "bit/s";
}

std::string bytes(std::uint64_t value)
{
	constexpr std::array<const char*, 6> suffixes{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	if (value < 1024)
		return std::to_string(value) + " B";
	double scaled_value = static_cast<double>(value) / 1024;
	std::size_t power = 0;
	while (scaled_value >= 1023.95 && power + 1 < suffixes.size()) {
		scaled_value /= 1024;
		power++;
	}
	return print("%.1f ", scaled_value) + suffixes[power];
}

std::string duration(std::uint64_t nanoseconds)
{
	if (nanoseconds < kSecond) {
		if (nanoseconds >= 1'000'000)
			return std::to_string(nanoseconds / 1'000'000) + "ms";
		if (nanoseconds >= 1'000)
			return std::to_string(nanoseconds / 1'000) + "us";
		return std::to_string(nanoseconds) + "ns";
	}
	std::uint64_t seconds = nanoseconds / kSecond;
	std::string text;
	for (std::size_t i = 0; i < kUnits.size(); i++) {
		if (seconds < kUnits[i].seconds)
			continue;
		text = std::to_string(seconds / kUnits[i].seconds) + kUnits[i].letter;
		seconds %= kUnits[i].seconds;
		if (i + 1 < kUnits.size() && seconds >= kUnits[i + 1].seconds)
			text += " " + std::to_string(seconds / kUnits[i + 1].seconds) + kUnits[i + 1].letter;
		break;
	}
	return text;
}

std::string counted(std::uint64_t value, std::string_view one, std::string_view many)
{
	return grouped(value) + " " + std::string(value == 1 ? one : many);
}

}  // namespace sluice::text
