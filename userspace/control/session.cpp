#include "control/session.h"

#include <array>
#include <chrono>
#include <optional>
#include <tuple>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "base/log.h"
#include "control/stream.h"

namespace sluice::control {
namespace {

using StringResponse = http::response<http::string_body>;

constexpr auto kFarewell = std::chrono::seconds(1);
constexpr std::size_t kMostUnread = 16u << 20;

http::status as_status(unsigned status)
{
	return http::int_to_status(status);
}

StringResponse plain_answer(Response response, unsigned version, bool keep_alive)
{
	StringResponse answer(as_status(response.status), version);
	answer.set(http::field::content_type, response.content_type);
	answer.keep_alive(keep_alive);
	answer.body() = std::move(response.body);
	answer.prepare_payload();
	return answer;
}

// What a request that could not be read deserves; none when its sender is gone.
std::optional<Response> refusal(const beast::error_code& error)
{
	if (error == http::error::body_limit)
		return Response::json(to_json(Error(ErrorCode::kInvalid, "the request's body is longer than 1 MiB")), 413);
	if (error == http::error::header_limit)
		return Response::json(to_json(Error(ErrorCode::kInvalid, "the request's header is longer than 8 KiB")), 431);
	if (error == beast::error::timeout || error == http::error::end_of_stream || error == http::error::partial_message)
		return std::nullopt;
	if (error.category() == http::make_error_code(http::error::bad_method).category())
		return Response::json(to_json(Error(ErrorCode::kInvalid, "this is no HTTP request: " + error.message())), 400);
	return std::nullopt;
}

bool matches(const Server::State::Route& route, const std::string& path)
{
	if (!route.takes_last)
		return path == route.path;
	return path.size() > route.path.size() && path.starts_with(route.path) &&
	       path.find('/', route.path.size()) == std::string::npos;
}

// The route of `request`, or what to answer without one.
Result<const Server::State::Route*> find_route(const Server::State& state, Request& request, unsigned& status)
{
	std::string others;
	for (const auto& route : state.routes) {
		if (!matches(route, request.path))
			continue;
		if (route.method == request.method) {
			request.last = route.takes_last ? request.path.substr(route.path.size()) : "";
			return &route;
		}
		others += (others.empty() ? "" : ", ") + route.method;
	}
	status = others.empty() ? 404 : 405;
	if (others.empty())
		return Error(ErrorCode::kNotFound, "there is no " + request.path, "is the command of the daemon's version?");
	return Error(ErrorCode::kInvalid, request.path + " takes " + others + ", not " + request.method);
}

Result<Request> understood(const http::request<http::string_body>& message, const Peer& peer)
{
	SLUICE_TRY_ASSIGN(Request request, parse_target(message.target()));
	request.peer = peer;
	request.method = std::string(message.method_string());
	if (!message.body().empty()) {
		SLUICE_TRY_ASSIGN(request.body, parse_json(message.body()));
	}
	return request;
}

// Calls the handler and waits until it has answered.
asio::awaitable<Response> ask(const Handler& handler, const Request& request)
{
	co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(
	    [&handler, &request](auto completion) {
		    auto shared = std::make_shared<decltype(completion)>(std::move(completion));
		    handler(request, [shared](Response response) {
			    const auto executor = asio::get_associated_executor(*shared);
			    asio::post(executor, [shared, answer = std::move(response)]() mutable { (*shared)(std::move(answer)); });
		    });
	    },
	    asio::use_awaitable);
}

asio::awaitable<Response> answer(const Server::State& state, const http::request<http::string_body>& message, Result<Peer> peer)
{
	if (!peer)
		co_return Response::error(peer.error());
	auto request = understood(message, *peer);
	if (!request)
		co_return Response::error(request.error());
	unsigned status = 0;
	const auto route = find_route(state, *request, status);
	if (!route)
		co_return Response::json(to_json(route.error()), status);
	co_return co_await ask((*route)->handler, *request);
}

// Waits until there may be news, or the client has gone.
asio::awaitable<bool> news(const std::shared_ptr<Server::State>& state, Stream& stream)
{
	namespace experimental = asio::experimental;
	// Both waits begin before this coroutine is left: no wake() can fall between.
	const auto [order, woken, readable] = co_await experimental::make_parallel_group(
	    state->news.async_wait(asio::deferred),
	    stream.socket().async_wait(stream_protocol::socket::wait_read, asio::deferred))
	    .async_wait(experimental::wait_for_one(), asio::use_awaitable);
	co_return order[0] == 0 && !state->stopping;
}

// A chunked answer that goes on until the client has gone or the server stops.
asio::awaitable<void> follow(std::shared_ptr<Server::State> state, Stream& stream, Response response)
{
	http::response<http::empty_body> head(as_status(response.status), 11);
	head.set(http::field::content_type, response.content_type);
	head.chunked(true);
	http::response_serializer<http::empty_body> serializer(head);
	stream.expires_after(state->limits.patience);
	auto [error, size] = co_await http::async_write_header(stream, serializer, kNow);

	std::string text = std::move(response.body);
	while (!error) {
		if (text.empty())
			text = response.more();
		if (text.empty()) {
			if (state->stopping || !co_await news(state, stream))
				break;
			continue;
		}
		stream.expires_after(state->limits.patience);
		std::tie(error, size) = co_await asio::async_write(stream, http::make_chunk(asio::buffer(text)), kNow);
		stream.expires_never();
		text.clear();
	}
	if (!error) {
		stream.expires_after(state->limits.patience);
		co_await asio::async_write(stream, http::make_chunk_last(), kNow);
	}
}

asio::awaitable<bool> write(const Server::State& state, Stream& stream, Response response, unsigned version, bool keep_alive)
{
	const StringResponse out = plain_answer(std::move(response), version, keep_alive);
	stream.expires_after(state.limits.patience);
	auto [error, size] = co_await http::async_write(stream, out, kNow);
	co_return !error && keep_alive;
}

// One request and its answer. False: the connection is over.
asio::awaitable<bool> exchange(std::shared_ptr<Server::State> state, Stream& stream, beast::flat_buffer& buffer)
{
	http::request_parser<http::string_body> parser;
	parser.body_limit(kMostBodyBytes);
	parser.header_limit(kMostHeaderBytes);
	stream.expires_after(state->limits.patience);
	auto [error, size] = co_await http::async_read(stream, buffer, parser, kNow);
	if (error) {
		if (auto response = refusal(error))
			co_await write(*state, stream, std::move(*response), 11, false);
		co_return false;
	}
	stream.expires_never();

	const auto message = parser.release();
	Response response = co_await answer(*state, message, peer_of(stream.socket().native_handle()));
	if (response.more && message.version() == 11) {
		co_await follow(state, stream, std::move(response));
		co_return false;
	}
	co_return co_await write(*state, stream, std::move(response), message.version(), message.keep_alive() && !state->stopping);
}

// Ends the connection so that the client still gets the last answer: what it goes on sending is read, within bounds,
// because closing over unread bytes would reset it.
asio::awaitable<void> part(Stream& stream)
{
	beast::error_code error;
	stream.socket().shutdown(stream_protocol::socket::shutdown_send, error);
	std::array<char, 16384> discarded;
	std::size_t unread = 0;
	stream.expires_after(kFarewell);
	while (!error && unread < kMostUnread) {
		std::size_t size = 0;
		std::tie(error, size) = co_await stream.async_read_some(asio::buffer(discarded), kNow);
		unread += size;
	}
}

}  // namespace

asio::awaitable<void> serve(std::shared_ptr<Server::State> state, stream_protocol::socket socket)
{
	Stream stream(std::move(socket));
	beast::flat_buffer buffer;
	try {
		if (state->sessions > state->limits.sessions) {
			const Error full(ErrorCode::kExhausted, "too many clients at once", "try again");
			co_await write(*state, stream, Response::json(to_json(full), 503), 11, false);
		} else {
			while (!state->stopping && co_await exchange(state, stream, buffer)) {
			}
		}
		co_await part(stream);
	} catch (const std::exception& failure) {
		spdlog::error("control: a session ended by a defect: {}", failure.what());
	}
}

}  // namespace sluice::control
