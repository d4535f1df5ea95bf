#include "identity/subject.h"

#include <algorithm>

#include "identity/spiffe_id.h"

namespace sluice::identity {
namespace {

constexpr std::string_view kScheme = "sha256:";
constexpr std::size_t kDigits = 64;
constexpr std::size_t kShortestDigest = 32;  // digits, of MD5

std::optional<unsigned> value_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return static_cast<unsigned>(digit - '0');
	const char lower = static_cast<char>(digit | 0x20);
	if (lower >= 'a' && lower <= 'f')
		return static_cast<unsigned>(lower - 'a' + 10);
	return std::nullopt;
}

// Without the colons; nothing where they do not stand between pairs alone.
std::optional<std::string> without_colons(std::string_view text)
{
	std::string digits;
	for (std::size_t i = 0; i < text.size(); i++) {
		const bool is_between = i % 3 == 2;
		if (is_between != (text[i] == ':'))
			return std::nullopt;
		if (!is_between)
			digits += text[i];
	}
	return digits;
}

bool is_like_a_fingerprint(std::string_view text)
{
	return text.size() >= kShortestDigest && std::ranges::all_of(text, [](char each) { return each == ':' || value_of(each); });
}

}  // namespace

std::string fingerprint_of(const Thumbprint& thumbprint)
{
	constexpr const char* kHex = "0123456789abcdef";
	std::string text;
	for (const std::uint8_t byte : thumbprint.digest) {
		text += kHex[byte >> 4];
		text += kHex[byte & 15];
	}
	return text;
}

std::optional<Thumbprint> parse_fingerprint(std::string_view text)
{
	const auto digits = text.find(':') == std::string_view::npos ? std::optional(std::string(text)) : without_colons(text);
	if (!digits || digits->size() != kDigits)
		return std::nullopt;
	Thumbprint thumbprint;
	for (std::size_t i = 0; i < thumbprint.digest.size(); i++) {
		const auto high = value_of((*digits)[2 * i]);
		const auto low = value_of((*digits)[2 * i + 1]);
		if (!high || !low)
			return std::nullopt;
		thumbprint.digest[i] = static_cast<std::uint8_t>(*high << 4 | *low);
	}
	return thumbprint;
}

std::string subject_of(const std::string& issuer, const std::string& token_subject)
{
	return issuer + "#" + token_subject;
}

std::string subject_of(const Thumbprint& certificate)
{
	return std::string(kScheme) + fingerprint_of(certificate);
}

std::optional<Thumbprint> certificate_of(std::string_view subject)
{
	return subject.starts_with(kScheme) ? parse_fingerprint(subject.substr(kScheme.size())) : std::nullopt;
}

Result<std::string> parse_subject(std::string_view text)
{
	const auto wrong = [](const std::string& what, const char* advice) { return Error(ErrorCode::kInvalid, what, advice); };
	const bool is_text = std::ranges::all_of(text, [](unsigned char byte) { return byte >= 0x20 && byte != 0x7f; });
	if (text.empty() || text.size() > kLongestSubject || !is_text)
		return wrong("no name of 1 to " + std::to_string(kLongestSubject) + " bytes without control characters", "`sluice identity list` lists those with leases");
	const std::string_view bare = text.starts_with(kScheme) ? text.substr(kScheme.size()) : text;
	if (const auto certificate = parse_fingerprint(bare))
		return subject_of(*certificate);
	const std::string shown = "'" + std::string(text) + "'";
	if (text.starts_with(kScheme) || is_like_a_fingerprint(text))
		return wrong(shown + " is no SHA-256 fingerprint", "64 digits: openssl x509 -noout -fingerprint -sha256");
	if (text.starts_with(kSpiffeScheme)) {
		const auto id = SpiffeId::parse(text);
		if (!id || id->path().empty())
			return wrong(shown + " is no SPIFFE ID of anybody", "such as spiffe://prod.example/billing; patterns are not known here");
	}
	return std::string(text);
}

}  // namespace sluice::identity
