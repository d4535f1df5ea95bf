#include "identity/token.h"

#include <algorithm>

#include "identity/base64url.h"
#include "identity/json.h"
#include "identity/jws.h"
#include "identity/jwt_claims.h"

namespace sluice::identity {
namespace {

using nlohmann::json;

// RFC 8693, 4.2: words with single blanks between them.
Checked<std::vector<std::string>> scopes_of(const json& claims)
{
	std::vector<std::string> scopes;
	if (!claims.contains("scope"))
		return scopes;
	const std::string* text = string_member(claims, "scope");
	if (text == nullptr)
		return wrong_claim("scope");
	std::string_view rest = *text;
	while (!rest.empty()) {
		const std::size_t end = std::min(rest.find(' '), rest.size());
		if (end > 0)
			scopes.emplace_back(rest.substr(0, end));
		rest.remove_prefix(std::min(end + 1, rest.size()));
	}
	return scopes;
}

Checked<std::optional<Thumbprint>> binding_of(const json& claims)
{
	const auto confirmation = claims.find("cnf");
	if (confirmation == claims.end())
		return std::optional<Thumbprint>();
	// Bound by proof of possession of something else (DPoP, RFC 9449): not unbound.
	if (!confirmation->is_object() || !confirmation->contains("x5t#S256"))
		return Refused{Refusal::kBindingUnknown};
	const std::string* text = string_member(*confirmation, "x5t#S256");
	const auto thumbprint = text == nullptr ? std::nullopt : decode_thumbprint(*text);
	if (!thumbprint)
		return wrong_claim("cnf");
	return thumbprint;
}

// exp and iat are required by RFC 9068 (2.2); nbf is not. Nobody issues in the future.
Checked<Moment> check_times(const json& claims, Moment now, Skew skew)
{
	SLUICE_TRY_ASSIGN(const Moment expires, moment_claim(claims, "exp"));
	SLUICE_TRY_ASSIGN(Moment from, moment_claim(claims, "iat"));
	if (claims.contains("nbf")) {
		SLUICE_TRY_ASSIGN(const Moment not_before, moment_claim(claims, "nbf"));
		from = std::max(from, not_before);
	}
	if (is_over(now, expires, skew))
		return Refused{Refusal::kTokenExpired};
	if (is_early(now, from, skew))
		return Refused{Refusal::kTokenEarly};
	return expires + skew.seconds();
}

}  // namespace

Checked<Claims> verify_token(std::string_view text, const std::vector<Issuer>& issuers, Moment now, Skew skew)
{
	if (text.size() > kMaxTokenBytes)
		return Refused{Refusal::kTokenTooLarge};
	SLUICE_TRY_ASSIGN(const Jws jws, parse_jws(text));
	auto claims = parse_json_object(text_of(jws.payload));
	if (!claims)
		return Refused{Refusal::kTokenMalformed, "the claims are no JSON object without duplicates"};
	if (!is_type(jws.type, "at+jwt"))  // RFC 9068, 2.1
		return Refused{Refusal::kTokenType};
	SLUICE_TRY_ASSIGN(std::string name, text_claim(*claims, "iss"));
	const auto issuer = std::find_if(issuers.begin(), issuers.end(), [&](const Issuer& each) { return each.name == name; });
	if (issuer == issuers.end())
		return Refused{Refusal::kIssuerUnknown};
	if (!issuer->keys)
		return Refused{Refusal::kKeyUnknown, "the issuer's key set was never fetched"};
	SLUICE_TRY(verify_jws(jws, *issuer->keys, issuer->algorithms));

	SLUICE_TRY(check_audience(*claims, issuer->audiences));
	SLUICE_TRY_ASSIGN(const Moment until, check_times(*claims, now, skew));
	SLUICE_TRY_ASSIGN(std::string subject, text_claim(*claims, "sub"));
	SLUICE_TRY_ASSIGN(std::string client_id, text_claim(*claims, "client_id"));
	SLUICE_TRY_ASSIGN(std::string token_id, text_claim(*claims, "jti"));
	SLUICE_TRY_ASSIGN(auto scopes, scopes_of(*claims));
	SLUICE_TRY_ASSIGN(const auto bound, binding_of(*claims));
	return Claims{std::move(name), std::move(subject), std::move(client_id), std::move(token_id), std::move(scopes),
		      bound, until, *std::move(claims)};
}

Checked<void> check_binding(const Claims& claims, const std::optional<Thumbprint>& presented, bool unbound_is_enough)
{
	if (!claims.bound) {
		if (!unbound_is_enough)
			return Refused{Refusal::kTokenUnbound};
		return {};
	}
	if (!presented)
		return Refused{Refusal::kTokenAlone};
	if (!equal_in_constant_time(claims.bound->digest, presented->digest))
		return Refused{Refusal::kTokenStolen};
	return {};
}

}  // namespace sluice::identity
