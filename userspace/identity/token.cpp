#include "identity/token.h"

#include <algorithm>
#include <cmath>

#include "identity/base64url.h"
#include "identity/json.h"
#include "identity/jws.h"

namespace sluice::identity {
namespace {

using nlohmann::json;

constexpr double kLastSecond = 253'402'300'799.0;  // the end of the year 9999

Refused wrong_claim(std::string_view name)
{
	return {Refusal::kClaims, std::string(name) + " is missing or malformed"};
}

// RFC 9068, 2.1: at+jwt, with or without "application/", in any case as media types are.
bool is_access_token_type(std::string_view type)
{
	constexpr std::string_view kPrefix = "application/";
	std::string lower(type);
	std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
	std::string_view rest = lower;
	if (rest.substr(0, kPrefix.size()) == kPrefix)
		rest.remove_prefix(kPrefix.size());
	return rest == "at+jwt";
}

// A NumericDate (RFC 7519, 2): seconds, perhaps with a fraction, which is cut off.
Checked<Moment> moment_claim(const json& claims, const char* name)
{
	const auto claim = claims.find(name);
	if (claim == claims.end() || !claim->is_number())
		return wrong_claim(name);
	const double seconds = claim->get<double>();
	if (!(seconds >= 0 && seconds <= kLastSecond))
		return wrong_claim(name);
	return Moment(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}

Checked<std::string> text_claim(const json& claims, const char* name)
{
	const std::string* text = string_member(claims, name);
	if (text == nullptr || text->empty())
		return wrong_claim(name);
	return *text;
}

// One string, or an array of nothing but strings.
Checked<std::vector<std::string>> audiences_of(const json& claims)
{
	const auto claim = claims.find("aud");
	std::vector<std::string> audiences;
	if (claim != claims.end() && claim->is_string())
		audiences.push_back(claim->get_ref<const std::string&>());
	else if (claim != claims.end() && claim->is_array() &&
		 std::all_of(claim->begin(), claim->end(), [](const json& each) { return each.is_string(); }))
		audiences = claim->get<std::vector<std::string>>();
	else
		return wrong_claim("aud");
	return audiences;
}

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

Checked<void> check_audience(const json& claims, const Issuer& issuer)
{
	SLUICE_TRY_ASSIGN(const auto audiences, audiences_of(claims));
	const bool meant = std::find_first_of(audiences.begin(), audiences.end(), issuer.audiences.begin(), issuer.audiences.end()) !=
			   audiences.end();
	if (!meant)
		return Refused{Refusal::kAudience};
	return {};
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
	if (!jws.type || !is_access_token_type(*jws.type))
		return Refused{Refusal::kTokenType};
	SLUICE_TRY_ASSIGN(std::string name, text_claim(*claims, "iss"));
	const auto issuer = std::find_if(issuers.begin(), issuers.end(), [&](const Issuer& each) { return each.name == name; });
	if (issuer == issuers.end())
		return Refused{Refusal::kIssuerUnknown};
	if (!issuer->keys)
		return Refused{Refusal::kKeyUnknown, "the issuer's key set was never fetched"};
	SLUICE_TRY(verify_jws(jws, *issuer->keys, issuer->algorithms));

	SLUICE_TRY(check_audience(*claims, *issuer));
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
