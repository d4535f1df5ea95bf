// Credential: what a peer presented. Nothing in it is proved.
#pragma once

#include <string>
#include <vector>

#include "identity/bytes.h"

namespace sluice::identity {

inline constexpr std::size_t kMaxChainCertificates = 8;
inline constexpr std::size_t kMaxChainBytes = 32u << 10;
inline constexpr std::size_t kMaxTokenBytes = 8u << 10;

struct Credential {
	// The certificates of the TLS handshake as DER, the peer's own first. That the peer holds the first one's key is for
	// the handshake to prove, before it is asked what the certificate is worth. Empty: none was presented.
	std::vector<Bytes> chain;
	// The access token without "Bearer "; empty: none was presented.
	std::string token;
};

// What OCSP says of the first certificate of a chain, asked by somebody else.
enum class OcspAnswer {
	kNone,     // not asked, or no answer in time, or one that does not verify
	kGood,
	kRevoked,
	kUnknown,  // the responder knows no such certificate
};

}  // namespace sluice::identity
