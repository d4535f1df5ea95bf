#include "telemetry/timestamp.h"

#include <cstdio>
#include <ctime>

namespace sluice::telemetry {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// Digits after the point, as nanoseconds.
bool take_fraction(std::string_view digits, std::uint64_t& nanoseconds)
{
	if (digits.empty() || digits.size() > 9)
		return false;
	std::uint64_t weight = kSecond;
	for (const char digit : digits) {
		if (digit < '0' || digit > '9')
			return false;
		weight /= 10;
		nanoseconds += static_cast<std::uint64_t>(digit - '0') * weight;
	}
	return true;
}

}  // namespace

std::string timestamp(std::uint64_t unix_ns)
{
	const auto seconds = static_cast<std::time_t>(unix_ns / kSecond);
	std::tm utc{};
	::gmtime_r(&seconds, &utc);
	char text[96];
	std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", utc.tm_year + 1900, utc.tm_mon + 1,
	              utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<unsigned>(unix_ns % kSecond / 1'000'000));
	return text;
}

Result<std::uint64_t> parse_timestamp(std::string_view text)
{
	const Error error(ErrorCode::kInvalid, "'" + std::string(text.substr(0, 64)) + "' is no time", "write 2026-11-24T05:02:41Z");
	if (text.size() < 20 || text.size() > 30 || text.back() != 'Z')
		return error;

	const std::string whole(text.substr(0, 19));
	std::tm utc{};
	const char* end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
	if (end == nullptr || *end != '\0')
		return error;
	const std::time_t seconds = ::timegm(&utc);
	std::uint64_t fraction = 0;
	const std::string_view rest = text.substr(19, text.size() - 20);
	if (!rest.empty() && (rest[0] != '.' || !take_fraction(rest.substr(1), fraction)))
		return error;
	if (seconds < 0)
		return error;
	return static_cast<std::uint64_t>(seconds) * kSecond + fraction;
}

}  // namespace sluice::telemetry
