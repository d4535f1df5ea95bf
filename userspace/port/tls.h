// Tls: the port's side of the handshake. TLS 1.3 alone, nothing resumed, no early data.
//
// The client is asked for a certificate, and the handshake proves that it holds the key; what the certificate is worth is
// not OpenSSL's to say here: every chain is taken, within its caps, and identity::verify judges it.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "identity/credential.h"
#include "identity/moment.h"
#include "port/messages.h"

namespace sluice::port {

struct ServerTls {
	std::shared_ptr<boost::asio::ssl::context> context;
	identity::Moment until;  // of the port's own certificate
};

// From the port's certificate, its chain behind it, and its key, which is not encrypted. Error kInvalid names the file.
Result<ServerTls> make_server_tls(const File& certificate, const File& key);

// The certificates that the peer of a finished handshake presented, its own first; empty: none.
std::vector<identity::Bytes> chain_of(SSL* ssl);

// Why a handshake failed, for the operator: OpenSSL's own sentence, which holds no text of the peer's.
struct HandshakeFailure {
	std::string_view reason;  // of port/reasons.def or identity/refusals.def
	std::string detail;
};
HandshakeFailure explain_handshake(const boost::system::error_code& error);

}  // namespace sluice::port
