// LeaseClient: asks an identity port for a lease, as the client's own agent does. Blocking, one connection a call.
//
// The server is verified before anything is shown to it: TLS 1.3, by the authorities given or by the system's, under the
// name given. The lease is for the address that the server sees; which that is follows from the server's address.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "port/messages.h"

namespace sluice::port {

struct LeaseServer {
	std::string host;          // a name or an address
	std::uint16_t port = 0;
	std::string name;          // what its certificate has to say; empty: the host
	std::optional<std::string> authorities;  // PEM; none: the system's
};

// "gate.example:8440", "192.0.2.1:8440", "[2001:db8::1]:8440". Error kInvalid, with advice, otherwise.
Result<LeaseServer> parse_lease_server(const std::string& text);

// What is shown to it.
struct LeasePapers {
	std::string certificate;  // PEM, its chain behind it
	std::string key;          // PEM, not encrypted
	std::string token;        // empty: none
};

struct Lease {
	std::string identity;
	std::string binding;
	std::uint64_t seconds = 0;
	std::uint64_t renew_after_seconds = 0;
	bool renewed = false;
};

// The server's own word.
struct LeaseRefusal {
	unsigned status = 0;   // HTTP's
	std::string refused;   // "token-stolen"
	std::string sentence;
	std::uint64_t retry_after_seconds = 0;  // 0: it said nothing
	// Whether the same may be granted another time: a quota, no room, an answer that did not come.
	bool passes() const { return status == 408 || status == 429 || status >= 500; }
};

using LeaseReply = std::variant<Lease, LeaseRefusal>;

// Error kUnreachable: nobody answers in time, or not with HTTP; kDenied: the server is not the one that it should be;
// kInvalid: the papers or the authorities are unusable. The timeout is for everything but finding the host's address, which
// takes as long as the system's resolver does.
Result<LeaseReply> ask_for_lease(const LeaseServer& server, const LeasePapers& papers, Bind bind, std::chrono::milliseconds timeout);

}  // namespace sluice::port
