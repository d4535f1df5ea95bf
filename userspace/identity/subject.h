// Subject: whom a revocation is about, as a text: an identity by its name, or a certificate by its fingerprint.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/bytes.h"

namespace sluice::identity {

inline constexpr std::size_t kLongestSubject = 2048;  // bytes; as long as a SPIFFE ID may be

// 64 lower-case hexadecimal digits.
std::string fingerprint_of(const Thumbprint& thumbprint);
// 64 hexadecimal digits of either case, or the same as pairs with colons between, as openssl x509 -fingerprint writes it.
std::optional<Thumbprint> parse_fingerprint(std::string_view text);

// "ISSUER#SUBJECT": who holds a token of that issuer.
std::string subject_of(const std::string& issuer, const std::string& token_subject);
// "sha256:" and the fingerprint.
std::string subject_of(const Thumbprint& certificate);
// The certificate that a subject means; nothing where it is an identity's name.
std::optional<Thumbprint> certificate_of(std::string_view subject);
// A subject as people write it, with or without the "sha256:". Error kInvalid for what is empty, too long, has control
// characters, begins like a SPIFFE ID and is none, or is a fingerprint of another length.
Result<std::string> parse_subject(std::string_view text);

}  // namespace sluice::identity
