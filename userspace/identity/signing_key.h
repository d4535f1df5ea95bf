// SigningKey: a key of a JSON Web Key Set, and whether a signature is its own (RFC 7518, 3 and 6; RFC 8037).
//
// The kind of a key decides what it verifies: an RSA key is no secret for HMAC, whatever a header asks for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "identity/algorithm.h"
#include "identity/ossl.h"

namespace sluice::identity {

class SigningKey {
public:
	// Big-endian numbers. Nothing for a modulus outside 2048 to 8192 bits, or an exponent that is even, below 3 or above 2^32.
	static std::optional<SigningKey> rsa(ByteView modulus, ByteView exponent);
	// "P-256", "P-384", "P-521" and coordinates of exactly the curve's size, of a point on it.
	static std::optional<SigningKey> elliptic(std::string_view curve, ByteView x, ByteView y);
	// "Ed25519" or "Ed448".
	static std::optional<SigningKey> edwards(std::string_view curve, ByteView x);
	// A shared secret; it verifies HMAC only, with hashes that are not longer than itself (RFC 7518, 3.2).
	static std::optional<SigningKey> secret(Bytes secret);

	// Whether a key of this kind can verify that algorithm.
	bool fits(Algorithm algorithm) const;
	// False for a signature of another size than the algorithm's, too. Requires fits(algorithm).
	bool verifies(Algorithm algorithm, ByteView message, ByteView signature) const;

private:
	explicit SigningKey(KeyPtr key) : key_(std::move(key)) {}
	explicit SigningKey(Bytes secret) : secret_(std::move(secret)) {}

	bool verifies_hmac(Algorithm algorithm, ByteView message, ByteView signature) const;
	bool verifies_asymmetric(Algorithm algorithm, ByteView message, ByteView signature) const;

	KeyPtr key_;    // or
	Bytes secret_;  // not empty
};

}  // namespace sluice::identity
