// Stream: a connection on the control socket as Boost knows it, and the names that both of its ends use. Control's own.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace sluice::control {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::local::stream_protocol;
using Stream = beast::basic_stream<stream_protocol>;

// An operation's outcome is an answer, not an exception: auto [error, size] = co_await async_…(…, kNow).
inline constexpr auto kNow = asio::as_tuple(asio::use_awaitable);

}  // namespace sluice::control
