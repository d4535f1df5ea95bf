// OwnNetwork: this thread in a network namespace of its own, with hosts' addresses on its loopback interface: sockets here
// are those that a program run by BPF_PROG_TEST_RUN looks up. The thread is taken back with the object.
//
//   203.0.113.10, 2001:db8:10::10    this host
//   198.51.100.7, 2001:db8:7::7      clients that live here too, so that their handshakes are complete at once
//   everything else                  by way of "out", whose other end "far" nobody answers
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "net/address.h"
#include "support/packet.h"

namespace sluice::test {

class OwnNetwork {
public:
	// Needs root and iproute2.
	static Result<OwnNetwork> open();
	OwnNetwork(OwnNetwork&&) noexcept = default;
	OwnNetwork& operator=(OwnNetwork&&) = delete;
	~OwnNetwork();

	// A listener at every address, both families.
	Result<Fd> listen(std::uint16_t port) const;
	// A UDP socket that takes what comes to this host's port, both families.
	Result<Fd> bind_udp(std::uint16_t port) const;
	// A complete connection from a client's address and port to this host.
	struct Connection {
		Fd client;
		Fd server;
	};
	Result<Connection> connect(const Fd& listener, const std::string& client, std::uint16_t client_port, std::uint16_t port) const;

	// An established connection that nobody began here: of any address of this end with any of the other, as a socket knows it
	// that was moved here. It ends without a word.
	struct End {
		net::Address address;
		std::uint16_t port = 0;
	};
	Result<Fd> resume(const End& here, const End& there) const;

	// Hands an IPv4 packet, without its link header, to the stack as if it had come from outside; returns the sequence
	// number of the SYN-ACK that goes out to `peer_port` in answer, if one does at once.
	Result<std::optional<std::uint32_t>> arrive(const Packet& packet, std::uint16_t peer_port) const;

	// "net.ipv4.ip_forward" to "1".
	Result<void> set(const std::string& key, const std::string& value) const;

private:
	explicit OwnNetwork(Fd before) : before_(std::move(before)) {}

	Fd before_;
};

}  // namespace sluice::test
