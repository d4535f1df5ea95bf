// Security event tokens (RFC 8417), pushed by those who know first that somebody is no longer to be believed: OpenID CAEP's
// session-revoked and credential-change.
//
// Who is meant (`sub_id`, RFC 9493) becomes a subject (identity/subject.h):
//   iss_sub          {iss, sub}        ISS#SUB: who holds a token of that issuer
//   uri              {uri}             the SPIFFE ID
//   opaque           {id}              the name that policy maps a certificate to
//   x509_thumbprint  {x5t#S256}        the certificate; a format of ours, since RFC 9493 has none
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "identity/moment.h"
#include "identity/refusal.h"
#include "identity/token.h"

namespace sluice::identity {

// By `iat`: one that was kept back longer says nothing of today. As long its transmitter may try again.
inline constexpr std::chrono::seconds kOldestEvent{3600};
inline constexpr std::size_t kLongestEventId = 256;  // bytes of `jti`

// Of whom a transmitter may speak, besides those who hold its own tokens.
struct EventScope {
	std::vector<std::string> subjects;  // names, and patterns of SPIFFE IDs
	bool certificates = false;          // any certificate

	friend bool operator==(const EventScope&, const EventScope&) = default;
};
// `issuer`: the transmitter's own name.
bool covers(const EventScope& scope, const std::string& issuer, const std::string& subject);

struct Transmitter {
	Issuer issuer;
	EventScope scope;
};

struct SecurityEvent {
	std::string issuer;
	std::string token_id;  // jti
	std::string event;     // "session-revoked", "credential-change", "verification", "stream-updated"
	std::string subject;   // who is revoked by it; empty: nobody, as by a credential that was made or renewed

	friend bool operator==(const SecurityEvent&, const SecurityEvent&) = default;
};
// Whether somebody can be revoked by events of that name.
bool is_revoking(std::string_view event);

// The text is a transmitter's word, and it may say that. One event a token, as SSF wants. Pure.
// Refused: token-…, issuer-unknown, algorithm, key-unknown, signature, claims, audience, event-….
Checked<SecurityEvent> verify_event(std::string_view text, const std::vector<Transmitter>& transmitters, Moment now, Skew skew = {});

}  // namespace sluice::identity
