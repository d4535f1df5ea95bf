// Stream: a client's connection as Boost knows it, and the names that its users share. The port's own.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::port {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// An operation's outcome is an answer, not an exception: auto [error, size] = co_await async_…(…, kNow).
inline constexpr auto kNow = asio::as_tuple(asio::use_awaitable);

}  // namespace sluice::port
