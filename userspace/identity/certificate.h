// Certificate: one X.509 certificate, parsed, and what its own content says it may be used for.
//
// X.509-SVID, sections 2 to 5; a plain PKI's client certificate keeps the same rules but for its names. Paths, times and
// revocation are path.h's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/moment.h"
#include "identity/ossl.h"
#include "identity/spiffe_id.h"

namespace sluice::identity {

enum class NameKind { kUri, kDns, kEmail };

// A subject alternative name; the value's length is the one of the certificate, NUL bytes included.
struct Name {
	NameKind kind;
	std::string value;

	friend bool operator==(const Name&, const Name&) = default;
};

// Movable, never changed after it was parsed; may be read from several threads.
class Certificate {
public:
	// One DER certificate and nothing behind it. Refused: certificate-malformed.
	static Checked<Certificate> parse(ByteView der);
	// Takes a reference of its own.
	static Checked<Certificate> of(X509* certificate);

	X509* get() const { return certificate_.get(); }
	const Thumbprint& thumbprint() const { return thumbprint_; }
	const std::vector<Name>& names() const { return names_; }
	// The first second at which it is not valid any more: one after notAfter, which belongs to its validity (RFC 5280, 4.1.2.5).
	Moment until() const { return until_; }
	Moment from() const { return from_; }

private:
	Certificate() = default;
	static Checked<Certificate> describe(CertificatePtr certificate, Thumbprint thumbprint);

	CertificatePtr certificate_;
	Thumbprint thumbprint_;
	std::vector<Name> names_;
	Moment from_;
	Moment until_;
};

// Every certificate of a PEM file; other blocks are passed over. kInvalid when there is none, or one that does not parse.
Result<std::vector<Certificate>> parse_certificates(std::string_view pem);

// What a client's own certificate must say of itself: no authority, digitalSignature, neither keyCertSign nor cRLSign,
// clientAuth. Refused: ca-leaf, signing-usage, no-signature-usage, no-client-usage.
Checked<void> check_client_certificate(const Certificate& certificate);

// Whether it claims to be an X.509-SVID: one of its URIs is a SPIFFE ID, well formed or not.
bool claims_spiffe(const Certificate& certificate);
// The ID of a workload's SVID: the only URI, with a path. Refused: uri-names, spiffe-id.
Checked<SpiffeId> spiffe_id_of(const Certificate& certificate);
// An authority of a trust domain has no SPIFFE ID, or the domain's own. Refused: foreign-authority.
Checked<void> check_spiffe_authority(const Certificate& certificate, std::string_view trust_domain);

// RSA of 2048 to 8192 bits, NIST P-256, P-384 and P-521, Ed25519 and Ed448. Refused: key-kind.
Checked<void> check_key_kind(const Certificate& certificate);

}  // namespace sluice::identity
