// Gateway: a connection to the authorization endpoint, from its first request to its last answer.
//
// Who is at the other end the kernel says; who is no gateway of the policy's gets 403 for whatever is asked, and is parted
// with. A gateway's connection stays, request after request. Each request has to arrive whole within the time of a visit.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>

#include "port/desk.h"

namespace sluice::port {

using local = asio::local::stream_protocol;

// Takes the connections of a listening socket until it is closed, as many at once as the desk's terms say.
asio::awaitable<void> accept_gateways(std::shared_ptr<local::acceptor> acceptor, std::shared_ptr<Desk> desk);

}  // namespace sluice::port
