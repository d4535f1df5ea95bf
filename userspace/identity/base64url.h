// base64url without padding (RFC 7515, 2), strictly: one text for each sequence of bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "identity/bytes.h"

namespace sluice::identity {

// Nothing for a character outside the alphabet (padding and blanks included), for a length that no bytes have, and for
// spare bits that are not zero.
std::optional<Bytes> decode_base64url(std::string_view text);
std::string encode_base64url(ByteView bytes);
// A digest of a certificate, as `x5t#S256` has it: nothing for what is not exactly one.
std::optional<Thumbprint> decode_thumbprint(std::string_view text);

}  // namespace sluice::identity
