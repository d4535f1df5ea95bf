// World: a trust domain, a PKI and an issuer of tokens that a test makes for itself, with clocks as they are, and the
// setup of an identity port that believes them.
//
//   root → middle → client (spiffe://prod.example/billing), with revocation lists of both
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "port/messages.h"
#include "support/pki.h"

namespace sluice::test {

std::string pem_of(const Issued& issued);
std::string pem_of(const Key& key);

class World {
public:
	World();

	static Wanted authority(const std::string& subject, long serial);
	// The billing workload's certificate, valid for an hour.
	static Wanted workload(long serial = 42);
	Issued client(const Wanted& wanted) const { return issue(wanted, &middle, make_ec_key()); }

	// Nothing revoked, but for these serial numbers of the middle authority's certificates.
	port::File revoked(const std::vector<long>& serials) const;
	port::Setup setup() const;

	// Claims of a token of the issuer for the billing workload, bound to that certificate.
	nlohmann::json claims(const std::optional<identity::Thumbprint>& bound) const;
	std::string token(const nlohmann::json& claims, const nlohmann::json& header = {{"alg", "ES256"}, {"kid", "k1"}, {"typ", "at+jwt"}}) const;
	std::string bound_token(const Issued& to) const { return token(claims(to.parsed().thumbprint())); }

	identity::Moment now;
	Issued root;
	Issued middle;
	Issued billing;
	Issued server;
	Key issuer_key;
};

inline constexpr unsigned kReader = 3;  // the role bit that the scope "read" gives
inline constexpr unsigned kEdge = 5;    // the role bit of spiffe://prod.example/edge/**

}  // namespace sluice::test
