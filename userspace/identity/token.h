// Access tokens: JWT for OAuth 2.0 (RFC 9068), bound to the peer's certificate (RFC 8705, 3).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "identity/algorithm.h"
#include "identity/credential.h"
#include "identity/key_set.h"
#include "identity/moment.h"

namespace sluice::identity {

// Who issues tokens, and whom they are for here. Filled in from policy; the keys from the issuer's configured key set.
struct Issuer {
	std::string name;                    // `iss`, compared byte by byte
	std::vector<std::string> audiences;  // one of them must be in `aud`
	std::vector<Algorithm> algorithms;
	// Shared with the workers that verify while the next set is fetched. Null: never fetched, and every token is key-unknown.
	std::shared_ptr<const KeySet> keys;
};

// What an issuer asserts, once its signature is checked (or it was asked, RFC 7662).
struct Claims {
	std::string issuer;
	std::string subject;
	std::string client_id;
	std::string token_id;             // jti
	std::vector<std::string> scopes;
	std::optional<Thumbprint> bound;  // cnf.x5t#S256
	Moment until;                     // the first second at which it would be refused as expired: exp and skew
	nlohmann::json all;               // the whole set, for roles
};

// The text of a token is the issuer's word: size, form, type, issuer, signature, audience and times are right.
// Refused: token-…, issuer-unknown, algorithm, key-unknown, signature, claims, audience, binding-unknown.
Checked<Claims> verify_token(std::string_view text, const std::vector<Issuer>& issuers, Moment now, Skew skew);

// Whether its peer may use it: bound to the certificate that it presented, compared in constant time; or unbound, where
// that is enough. Refused: token-alone, token-stolen, token-unbound.
Checked<void> check_binding(const Claims& claims, const std::optional<Thumbprint>& presented, bool unbound_is_enough);

}  // namespace sluice::identity
