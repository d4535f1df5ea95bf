// Authorities: whom a trust domain or a plain PKI trusts to issue, and the judgement of a path to one of them.
//
// RFC 5280 (6) by OpenSSL, with certificate policies under the initial set any-policy, purposes for TLS clients,
// signatures and keys of at least 112 bits of strength, and any configured authority as an anchor, self-signed or not.
// Where lists are demanded, every certificate of the path but the anchor must be covered by one that is current.
#pragma once

#include <memory>
#include <vector>

#include "identity/certificate.h"
#include "identity/credential.h"
#include "identity/crl.h"

namespace sluice::identity {

// What a path proved.
struct Path {
	std::vector<Certificate> certificates;  // the peer's own first, the anchor last
	Moment until;                           // the first second at which this path would be refused as expired
};

// Never changed after it was made; may be asked by several threads at once.
class Authorities {
public:
	enum class Crls { kNotAsked, kDemanded };

	// kFailed when OpenSSL does not take one of them.
	static Result<Authorities> open(const std::vector<Certificate>& anchors, const std::vector<Crl>& lists, Crls crls);

	// Requires a chain that is not empty, the peer's certificate first; the others help to find the path.
	// Refused with the first thing that is wrong: untrusted, path-…, key-kind, certificate-…, revoked, crl-….
	Checked<Path> check(const std::vector<Certificate>& chain, Moment now, Skew skew) const;

private:
	struct FreedLists {
		void operator()(STACK_OF(X509_CRL) * stack) const { sk_X509_CRL_pop_free(stack, X509_CRL_free); }
	};
	using ListsPtr = std::unique_ptr<STACK_OF(X509_CRL), FreedLists>;

	Authorities(StorePtr store, ListsPtr lists, Crls crls) : store_(std::move(store)), lists_(std::move(lists)), crls_(crls) {}

	StorePtr store_;
	ListsPtr lists_;  // beside the store, which finds no list of another issuer than the certificate's (indirect lists)
	Crls crls_;
};

}  // namespace sluice::identity
