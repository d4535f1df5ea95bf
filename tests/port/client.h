// Client: a client of the identity port by OpenSSL alone, which can do what no honest one would. Blocking.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/fd.h"
#include "net/endpoint.h"
#include "support/pki.h"

namespace sluice::test {

struct Shown {
	std::vector<Issued> chain;  // the client's own first; its key signs the handshake; empty: no certificate
	std::optional<Key> key;     // signs in place of the own certificate's
	std::string token;
	int highest_tls = TLS1_3_VERSION;
	bool psk = false;           // offers to resume a session that it made up
};

struct Reply {
	bool connected = false;
	bool shaken = false;            // the client took the handshake for finished
	bool resumed = false;
	unsigned tickets = 0;           // new sessions that the server offered
	unsigned status = 0;            // 0: no answer
	std::map<std::string, std::string> fields;  // names in lower case
	nlohmann::json body;
	std::string error;              // OpenSSL's
	std::chrono::milliseconds took{0};
};

// A TCP connection from an address of this network; none when it is refused.
Fd connect_from(const std::string& from, const net::Endpoint& to);

// "POST /v1/lease" with a body, and the token that is shown.
std::string lease_request(const Shown& shown, const std::string& body = R"({"bind":"address"})");

// The way in which bytes go out once the handshake is over.
using Write = std::function<void(SSL* ssl, const std::string& request)>;
void write_at_once(SSL* ssl, const std::string& request);

// Connects, shakes hands, sends the request, reads until the end.
Reply ask(const std::string& from, const net::Endpoint& to, const Shown& shown, const std::string& request, const Write& write = write_at_once);
Reply ask(const std::string& from, const net::Endpoint& to, const Shown& shown);

}  // namespace sluice::test
