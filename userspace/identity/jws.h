// Jws: a JSON Web Signature in its compact form (RFC 7515, 7.1), taken apart and then checked.
//
// Header parameters that bring or name keys (jku, jwk, x5u, x5c, x5t) are not looked at: a key comes from the issuer's
// configured set or not at all. Nothing of a token may be believed before verify_jws() passed it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "identity/key_set.h"

namespace sluice::identity {

struct Jws {
	std::string algorithm;              // as the header names it
	std::optional<std::string> key_id;
	std::optional<std::string> type;    // typ
	std::string_view signed_part;       // of the text that was parsed, which must outlive this
	Bytes payload;
	Bytes signature;
};

// Three parts of strict base64url, a header that is one JSON object without duplicates, `alg`, `kid` and `typ` strings.
// Refused: token-malformed, token-critical (no extension is known here, so every `crit` names an unknown one).
Checked<Jws> parse_jws(std::string_view text);

// The algorithm must be one of those allowed, the key the set's only one for it, the signature that key's.
// Refused: algorithm, key-unknown, signature.
Checked<void> verify_jws(const Jws& jws, const KeySet& keys, std::span<const Algorithm> allowed);

}  // namespace sluice::identity
