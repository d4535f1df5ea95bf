// A PKI that a test makes for itself: keys, certificates, revocation lists and signed tokens, by OpenSSL. No key is kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>

#include <nlohmann/json.hpp>

#include "identity/certificate.h"
#include "identity/crl.h"
#include "identity/key_set.h"

namespace sluice::test {

using Key = std::shared_ptr<EVP_PKEY>;

Key make_ec_key();
Key make_rsa_key(unsigned bits = 2048);

// A certificate to be; the defaults are those of a workload's SVID.
struct Wanted {
	std::string subject = "workload";
	std::vector<std::string> names;  // as in OpenSSL's configuration: "URI:spiffe://prod.example/billing"
	std::string basic = "critical,CA:FALSE";
	std::string usage = "critical,digitalSignature";
	std::string extended = "clientAuth";  // empty: none
	identity::Moment from;
	identity::Moment until;
	long serial = 1;
};

struct Issued {
	Key key;
	std::shared_ptr<X509> certificate;

	identity::Bytes der() const;
	identity::Certificate parsed() const;
};

// Signed by `issuer`, or by itself where there is none.
Issued issue(const Wanted& wanted, const Issued* issuer, const Key& key);

// A revocation list of an issuer, as DER text.
std::string revocation_list(const Issued& issuer, const std::vector<long>& serials, identity::Moment from, identity::Moment until);

// A compact JWS of a header and claims; `alg` in the header is not looked at: the key's kind signs with SHA-256.
std::string sign_token(const nlohmann::json& header, const std::string& claims, const Key& key);
// The public half as a JWK.
nlohmann::json jwk_of(const Key& key, const std::string& key_id);

}  // namespace sluice::test
