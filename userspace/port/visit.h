// Visit: one client's connection, from its first byte to the last of its answer.
//
//   wait for a byte → handshake → request → judge the credential → ask the daemon → answer → part
//
// One deadline for handshake and request together. Until the first byte came there is no TLS state: who only connects
// costs a socket.
#pragma once

#include "port/desk.h"
#include "port/stream.h"

namespace sluice::port {

// Begins it, if there is room. `socket` is connected.
void receive_visit(std::shared_ptr<Desk> desk, tcp::socket socket);

}  // namespace sluice::port
