// verify: a credential becomes an identity, or a refusal with its reason. The whole way in one function, in order:
// caps, certificates, path to the trust domain's authorities, revocation, token, binding, roles.
//
// Pure: clock, keys, lists and OCSP's answer are arguments. May be called from several threads on one Trust.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/credential.h"
#include "identity/roles.h"
#include "identity/token.h"
#include "identity/trust.h"

namespace sluice::identity {

// What a service asks of its clients. The default is a certificate, and no token without its certificate.
struct Demand {
	bool token = false;              // an access token besides
	bool unbound_is_enough = false;  // a token that is bound to no certificate, and a token without a certificate
};

struct Identity {
	std::string name;                      // the SPIFFE ID; what policy maps a certificate to; ISSUER#SUBJECT of a token alone
	std::string authority;                 // trust domain or PKI that vouches for the certificate; the issuer of a token alone
	std::optional<Thumbprint> thumbprint;  // of the certificate
	std::string issuer;                    // of the token; empty without one
	std::string token_subject;
	std::string token_id;
	Roles roles = 0;
	Moment until;                          // the first second at which certificate or token would be refused as expired

	friend bool operator==(const Identity&, const Identity&) = default;
};

struct Rules {
	const Trust& trust;
	const std::vector<Issuer>& issuers;
	const std::vector<RoleRule>& roles;
	Skew skew = {};
};

Checked<Identity> verify(const Credential& credential, OcspAnswer ocsp, const Demand& demand, const Rules& rules, Moment now);

// The digest of the certificate that a credential begins with, whatever it is worth; nothing without one.
Checked<std::optional<Thumbprint>> thumbprint_of(const Credential& credential);

}  // namespace sluice::identity
