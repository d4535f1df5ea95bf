// EscapedCertificate: certificates as gateways hand them on in a header: PEM, percent-encoded (nginx:
// $ssl_client_escaped_cert, Envoy: %DOWNSTREAM_PEER_CERT%). Pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/bytes.h"

namespace sluice::port {

// DER, in the order of the text; none for an empty text. Error kInvalid for anything but whole certificates, and for more
// of them, or more bytes, than a chain may have (identity/credential.h). What they are worth is not looked at.
Result<std::vector<identity::Bytes>> chain_of_escaped(std::string_view escaped);

}  // namespace sluice::port
