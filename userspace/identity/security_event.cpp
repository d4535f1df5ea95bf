#include "identity/security_event.h"

#include <algorithm>
#include <array>

#include "identity/base64url.h"
#include "identity/json.h"
#include "identity/jws.h"
#include "identity/jwt_claims.h"
#include "identity/roles.h"
#include "identity/spiffe_id.h"
#include "identity/subject.h"

namespace sluice::identity {
namespace {

using nlohmann::json;

constexpr std::string_view kSessionRevoked = "session-revoked";
constexpr std::string_view kCredentialChange = "credential-change";

struct Known {
	std::string_view uri;
	std::string_view name;
};
constexpr std::array<Known, 4> kKnown = {{
	{"https://schemas.openid.net/secevent/caep/event-type/session-revoked", kSessionRevoked},
	{"https://schemas.openid.net/secevent/caep/event-type/credential-change", kCredentialChange},
	{"https://schemas.openid.net/secevent/ssf/event-type/verification", "verification"},
	{"https://schemas.openid.net/secevent/ssf/event-type/stream-updated", "stream-updated"},
}};

Checked<std::string> certificate_in(const json& identifier)
{
	const std::string* text = string_member(identifier, "x5t#S256");
	const auto thumbprint = text == nullptr ? std::nullopt : decode_thumbprint(*text);
	if (!thumbprint)
		return wrong_claim("sub_id");
	return subject_of(*thumbprint);
}

// A name in the identifier's member, which is to be no certificate's, and a SPIFFE ID or none as the format has it.
Checked<std::string> name_in(const json& identifier, const char* member, bool is_spiffe)
{
	const std::string* text = string_member(identifier, member);
	const auto subject = text == nullptr ? Result<std::string>(Error(ErrorCode::kInvalid, "")) : parse_subject(*text);
	if (!subject || certificate_of(*subject) || subject->starts_with(kSpiffeScheme) != is_spiffe)
		return wrong_claim("sub_id");
	return *subject;
}

Checked<std::string> holder_in(const json& identifier)
{
	SLUICE_TRY_ASSIGN(const std::string issuer, text_claim(identifier, "iss"));
	SLUICE_TRY_ASSIGN(const std::string subject, text_claim(identifier, "sub"));
	const auto parsed = parse_subject(subject_of(issuer, subject));
	if (!parsed || certificate_of(*parsed) || parsed->starts_with(kSpiffeScheme))
		return wrong_claim("sub_id");
	return *parsed;
}

Checked<std::string> subject_in(const json& claims)
{
	const auto identifier = claims.find("sub_id");
	if (identifier == claims.end() || !identifier->is_object())
		return wrong_claim("sub_id");
	SLUICE_TRY_ASSIGN(const std::string format, text_claim(*identifier, "format"));
	if (format == "iss_sub")
		return holder_in(*identifier);
	if (format == "uri")
		return name_in(*identifier, "uri", true);
	if (format == "opaque")
		return name_in(*identifier, "id", false);
	if (format == "x509_thumbprint")
		return certificate_in(*identifier);
	return Refused{Refusal::kClaims, "sub_id is of a format that is not known here"};
}

Checked<void> check_times(const json& claims, Moment now, Skew skew)
{
	SLUICE_TRY_ASSIGN(const Moment issued, moment_claim(claims, "iat"));
	if (is_early(now, issued, skew))
		return Refused{Refusal::kTokenEarly};
	if (is_over(now, issued + kOldestEvent, skew))
		return Refused{Refusal::kEventOld};
	if (!claims.contains("exp"))
		return {};
	SLUICE_TRY_ASSIGN(const Moment expires, moment_claim(claims, "exp"));
	if (is_over(now, expires, skew))
		return Refused{Refusal::kTokenExpired};
	return {};
}

// Whether somebody loses what he had.
Checked<bool> is_a_loss(std::string_view name, const json& event)
{
	if (name == kSessionRevoked)
		return true;
	if (name != kCredentialChange)
		return false;
	SLUICE_TRY_ASSIGN(const std::string change, text_claim(event, "change_type"));
	if (change == "revoke" || change == "delete")
		return true;
	if (change == "create" || change == "update")
		return false;
	return wrong_claim("change_type");
}

Checked<SecurityEvent> read_event(const json& claims, const Transmitter& transmitter)
{
	SLUICE_TRY_ASSIGN(std::string token_id, text_claim(claims, "jti"));
	const auto events = claims.find("events");
	if (token_id.size() > kLongestEventId)
		return wrong_claim("jti");
	if (events == claims.end() || !events->is_object() || events->size() != 1 || !events->begin()->is_object())
		return wrong_claim("events");
	const auto known = std::ranges::find(kKnown, std::string_view(events->begin().key()), &Known::uri);
	if (known == kKnown.end())
		return Refused{Refusal::kEventUnknown};
	SecurityEvent event{transmitter.issuer.name, std::move(token_id), std::string(known->name), {}};
	SLUICE_TRY_ASSIGN(const bool loss, is_a_loss(known->name, *events->begin()));
	if (!loss)
		return event;
	SLUICE_TRY_ASSIGN(event.subject, subject_in(claims));
	if (!covers(transmitter.scope, event.issuer, event.subject))
		return Refused{Refusal::kEventForeign};
	return event;
}

}  // namespace

bool covers(const EventScope& scope, const std::string& issuer, const std::string& subject)
{
	if (certificate_of(subject))
		return scope.certificates;
	const bool is_spiffe = subject.starts_with(kSpiffeScheme);
	if (!is_spiffe && subject.starts_with(subject_of(issuer, "")))
		return true;
	return std::ranges::any_of(scope.subjects, [&](const std::string& each) { return each == subject || (is_spiffe && matches(each, subject)); });
}

bool is_revoking(std::string_view event)
{
	return event == kSessionRevoked || event == kCredentialChange;
}

Checked<SecurityEvent> verify_event(std::string_view text, const std::vector<Transmitter>& transmitters, Moment now, Skew skew)
{
	if (text.size() > kMaxTokenBytes)
		return Refused{Refusal::kTokenTooLarge};
	SLUICE_TRY_ASSIGN(const Jws jws, parse_jws(text));
	const auto claims = parse_json_object(text_of(jws.payload));
	if (!claims)
		return Refused{Refusal::kTokenMalformed, "the claims are no JSON object without duplicates"};
	if (!is_type(jws.type, "secevent+jwt"))  // RFC 8417, 2.3
		return Refused{Refusal::kTokenType, "not secevent+jwt"};
	SLUICE_TRY_ASSIGN(const std::string name, text_claim(*claims, "iss"));
	const auto transmitter = std::ranges::find_if(transmitters, [&](const Transmitter& each) { return each.issuer.name == name; });
	if (transmitter == transmitters.end())
		return Refused{Refusal::kIssuerUnknown};
	if (!transmitter->issuer.keys)
		return Refused{Refusal::kKeyUnknown, "the transmitter's key set was never read"};
	SLUICE_TRY(verify_jws(jws, *transmitter->issuer.keys, transmitter->issuer.algorithms));
	SLUICE_TRY(check_audience(*claims, transmitter->issuer.audiences));
	SLUICE_TRY(check_times(*claims, now, skew));
	return read_event(*claims, *transmitter);
}

}  // namespace sluice::identity
