#include "identity/jws.h"

#include <algorithm>
#include <array>

#include "identity/base64url.h"
#include "identity/json.h"

namespace sluice::identity {
namespace {

Refused malformed(std::string detail)
{
	return {Refusal::kTokenMalformed, std::move(detail)};
}

// Nothing unless there are exactly three.
std::optional<std::array<std::string_view, 3>> split(std::string_view text)
{
	const std::size_t first = text.find('.');
	const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
	if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos)
		return std::nullopt;
	return std::array{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

Checked<std::optional<std::string>> optional_string(const nlohmann::json& header, const char* name)
{
	if (!header.contains(name))
		return std::optional<std::string>();
	const std::string* value = string_member(header, name);
	if (value == nullptr)
		return malformed(std::string(name) + " is no string");
	return std::optional(*value);
}

Checked<void> read_header(std::string_view text, Jws& jws)
{
	const auto header = parse_json_object(text);
	if (!header)
		return malformed("the header is no JSON object without duplicates");
	SLUICE_TRY_ASSIGN(const auto algorithm, optional_string(*header, "alg"));
	SLUICE_TRY_ASSIGN(jws.key_id, optional_string(*header, "kid"));
	SLUICE_TRY_ASSIGN(jws.type, optional_string(*header, "typ"));
	if (!algorithm)
		return malformed("the header names no algorithm");
	if (header->contains("crit"))
		return Refused{Refusal::kTokenCritical};
	jws.algorithm = *algorithm;
	return {};
}

}  // namespace

Checked<Jws> parse_jws(std::string_view text)
{
	const auto parts = split(text);
	if (!parts)
		return malformed("not three parts");
	const auto header = decode_base64url((*parts)[0]);
	auto payload = decode_base64url((*parts)[1]);
	auto signature = decode_base64url((*parts)[2]);
	if (!header || !payload || !signature)
		return malformed("a part is not base64url");
	Jws jws;
	SLUICE_TRY(read_header(text_of(*header), jws));
	jws.signed_part = text.substr(0, (*parts)[0].size() + 1 + (*parts)[1].size());
	jws.payload = *std::move(payload);
	jws.signature = *std::move(signature);
	return jws;
}

Checked<void> verify_jws(const Jws& jws, const KeySet& keys, std::span<const Algorithm> allowed)
{
	const auto algorithm = parse_algorithm(jws.algorithm);
	if (!algorithm || std::find(allowed.begin(), allowed.end(), *algorithm) == allowed.end())
		return Refused{Refusal::kAlgorithm};
	const SigningKey* key = keys.find(*algorithm, jws.key_id);
	if (key == nullptr)
		return Refused{Refusal::kKeyUnknown};
	if (!key->verifies(*algorithm, bytes_of(jws.signed_part), jws.signature))
		return Refused{Refusal::kSignature};
	return {};
}

}  // namespace sluice::identity
