// Text as nginx percent-encodes it in a header.
#pragma once

#include <string>
#include <string_view>

namespace sluice::test {

inline std::string escaped_pem(std::string_view text)
{
	constexpr std::string_view kDigits = "0123456789ABCDEF";
	std::string out;
	for (const char each : text) {
		const auto byte = static_cast<unsigned char>(each);
		const bool plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '-';
		if (plain)
			out += each;
		else
			out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
	}
	return out;
}

}  // namespace sluice::test
