#include "identity/base64url.h"

#include <algorithm>
#include <array>

namespace sluice::identity {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> values()
{
	std::array<std::int8_t, 256> value{};
	value.fill(-1);
	for (std::size_t i = 0; i < kAlphabet.size(); ++i)
		value[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
	return value;
}

constexpr auto kValues = values();

}  // namespace

std::optional<Bytes> decode_base64url(std::string_view text)
{
	if (text.size() % 4 == 1)
		return std::nullopt;
	Bytes bytes;
	bytes.reserve(text.size() / 4 * 3 + 2);
	std::uint32_t bits = 0;
	unsigned held = 0;
	for (const char character : text) {
		const int value = kValues[static_cast<std::uint8_t>(character)];
		if (value < 0)
			return std::nullopt;
		bits = bits << 6 | static_cast<std::uint32_t>(value);
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes.push_back(static_cast<std::uint8_t>(bits >> held));
			bits &= (1u << held) - 1;
		}
	}
	if (bits != 0)
		return std::nullopt;
	return bytes;
}

std::string encode_base64url(ByteView bytes)
{
	std::string text;
	text.reserve(bytes.size() * 4 / 3 + 3);
	std::uint32_t bits = 0;
	unsigned held = 0;
	for (const std::uint8_t byte : bytes) {
		bits = bits << 8 | byte;
		held += 8;
		while (held >= 6) {
			held -= 6;
			text.push_back(kAlphabet[bits >> held & 63]);
		}
	}
	if (held > 0)
		text.push_back(kAlphabet[bits << (6 - held) & 63]);
	return text;
}

std::optional<Thumbprint> decode_thumbprint(std::string_view text)
{
	const auto bytes = decode_base64url(text);
	Thumbprint thumbprint;
	if (!bytes || bytes->size() != thumbprint.digest.size())
		return std::nullopt;
	std::copy(bytes->begin(), bytes->end(), thumbprint.digest.begin());
	return thumbprint;
}

}  // namespace sluice::identity
