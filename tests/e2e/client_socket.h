// Sockets of one's own address and port, in a namespace.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "lab/network_namespace.h"

namespace sluice::e2e {

// A datagram socket that takes what comes to that address (IPv4) and port, with room for a flood of it; it does not block.
Result<Fd> take_datagrams(const lab::NetworkNamespace& space, const std::string& address, std::uint16_t port);
// A TCP connection from that address (IPv4) and port to a port of the gate.
Result<Fd> connect_from(const lab::NetworkNamespace& space, const std::string& address, std::uint16_t port, std::uint16_t gate_port);

}  // namespace sluice::e2e
