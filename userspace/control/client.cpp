#include "control/client.h"

#include <array>
#include <exception>
#include <optional>
#include <tuple>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "control/socket.h"
#include "control/stream.h"

namespace sluice::control {
namespace {

using StringRequest = http::request<http::string_body>;

constexpr std::uint64_t kMostAnswerBytes = 256u << 20;
constexpr std::size_t kMostLineBytes = 1u << 20;

Error lost(const beast::error_code& error)
{
	if (error == beast::error::timeout)
		return Error(ErrorCode::kUnreachable, "the daemon did not answer in time", "is it overloaded? see its log: journalctl -u sluiced");
	return Error(ErrorCode::kUnreachable, "the daemon ended the connection: " + error.message(), "see its log: journalctl -u sluiced");
}

StringRequest make_request(const char* method, const std::string& target, const Json* body)
{
	StringRequest request(http::string_to_verb(method), target, 11);
	request.set(http::field::host, "sluice");
	request.keep_alive(false);
	if (body != nullptr) {
		request.set(http::field::content_type, "application/json");
		request.body() = body->dump(-1, ' ', false, Json::error_handler_t::replace);
	}
	request.prepare_payload();
	return request;
}

struct Answer {
	unsigned status = 0;
	std::string body;
};

// What an answer means: its body, or the error that it carries.
Result<Json> meaning(const Answer& answer)
{
	auto body = parse_json(answer.body);
	if (!body)
		return Error(ErrorCode::kFailed, "the daemon's answer is not understood", "are both of one version?");
	if (const auto error = parse_error(*body))
		return *error;
	if (answer.status / 100 != 2 && !(body->is_object() && body->contains("diagnostics")))
		return Error(ErrorCode::kFailed, "the daemon answers with status " + std::to_string(answer.status));
	return std::move(*body);
}

// Sending may fail although an answer is on its way: a refusal that did not wait for the whole request.
asio::awaitable<void> send(Stream& stream, const StringRequest& request)
{
	co_await http::async_write(stream, request, kNow);
}

asio::awaitable<Result<Answer>> exchange(Stream& stream, StringRequest request, std::chrono::milliseconds timeout)
{
	stream.expires_after(timeout);
	co_await send(stream, request);
	http::response_parser<http::string_body> parser;
	parser.body_limit(kMostAnswerBytes);
	beast::flat_buffer buffer;
	auto [error, size] = co_await http::async_read(stream, buffer, parser, kNow);
	if (error)
		co_return lost(error);
	co_return Answer{parser.get().result_int(), std::move(parser.get().body())};
}

// Hands over the lines of `pending` that have ended. False: enough.
bool hand_over(std::string& pending, const std::function<bool(std::string_view)>& take)
{
	std::size_t begin = 0;
	for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', begin)) {
		if (!take(std::string_view(pending).substr(begin, end - begin)))
			return false;
		begin = end + 1;
	}
	pending.erase(0, begin);
	return true;
}

using Parser = http::response_parser<http::buffer_body>;

// The rest of an answer, piece by piece. `piece` returns false to end.
asio::awaitable<std::optional<Error>> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                                std::function<bool(std::string_view)> piece)
{
	std::array<char, 65536> room;
	while (!parser.is_done()) {
		parser.get().body().data = room.data();
		parser.get().body().size = room.size();
		auto [error, size] = co_await http::async_read_some(stream, buffer, parser, kNow);
		if (error && error != http::error::need_buffer)
			co_return lost(error);
		const std::size_t got = room.size() - parser.get().body().size;
		if (got > 0 && !piece(std::string_view(room.data(), got)))
			co_return std::nullopt;
	}
	co_return std::nullopt;
}

asio::awaitable<Result<void>> stream_lines(Stream& stream, StringRequest request, std::chrono::milliseconds timeout,
                                           const std::function<bool(std::string_view)>& take)
{
	stream.expires_after(timeout);
	co_await send(stream, request);
	Parser parser;
	parser.body_limit(boost::none);
	beast::flat_buffer buffer;
	auto [error, size] = co_await http::async_read_header(stream, buffer, parser, kNow);
	if (error)
		co_return lost(error);
	stream.expires_never();

	const unsigned status = parser.get().result_int();
	std::string pending;
	const auto failure = co_await read_body(stream, buffer, parser, [&](std::string_view piece) {
		pending += piece;
		return pending.size() <= kMostLineBytes && (status != 200 || hand_over(pending, take));
	});
	if (status != 200) {
		auto refused = meaning({status, pending});
		co_return refused ? Error(ErrorCode::kFailed, "the daemon's answer is not understood") : refused.error();
	}
	if (failure)
		co_return *failure;
	co_return Result<void>();
}

void rethrow(std::exception_ptr failure)
{
	if (failure)
		std::rethrow_exception(failure);
}

template <typename T>
asio::awaitable<void> keep(asio::awaitable<Result<T>> work, std::optional<Result<T>>& outcome)
{
	outcome.emplace(co_await std::move(work));
}

// Runs `work` on a connection to `path` until it is over.
template <typename T, typename Work>
Result<T> run_connected(const std::string& path, Work work)
{
	auto fd = connect_to(path);
	if (!fd)
		return fd.error();
	asio::io_context loop;
	std::optional<Result<T>> outcome;
	try {
		stream_protocol::socket socket(loop);
		socket.assign(stream_protocol(), fd->release());
		Stream stream(std::move(socket));
		asio::co_spawn(loop, keep<T>(work(stream), outcome), rethrow);
		loop.run();
	} catch (const std::exception& failure) {
		return Error(ErrorCode::kFailed, std::string("talk to the daemon: ") + failure.what());
	}
	if (!outcome)
		return Error(ErrorCode::kFailed, "talk to the daemon: no outcome");
	return std::move(*outcome);
}

}  // namespace

Result<Json> Client::call(const char* method, const std::string& target, const Json* body)
{
	SLUICE_TRY_ASSIGN(const Answer answer, run_connected<Answer>(socket_, [&](Stream& stream) {
		return exchange(stream, make_request(method, target, body), timeout_);
	}));
	return meaning(answer);
}

Result<Json> Client::get(const std::string& target)
{
	return call("GET", target, nullptr);
}

Result<Json> Client::post(const std::string& target, const Json& body)
{
	return call("POST", target, &body);
}

Result<Json> Client::del(const std::string& target)
{
	return call("DELETE", target, nullptr);
}

Result<Json> Client::del(const std::string& target, const Json& body)
{
	return call("DELETE", target, &body);
}

Result<void> Client::lines(const std::string& target, const std::function<bool(std::string_view)>& take)
{
	return run_connected<void>(socket_, [&](Stream& stream) {
		return stream_lines(stream, make_request("GET", target, nullptr), timeout_, take);
	});
}

std::string path_segment(std::string_view text)
{
	constexpr char kHex[] = "0123456789ABCDEF";
	std::string out;
	for (const char c : text) {
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
			out += c;
			continue;
		}
		out += '%';
		out += kHex[static_cast<unsigned char>(c) >> 4];
		out += kHex[static_cast<unsigned char>(c) & 15];
	}
	return out;
}

}  // namespace sluice::control
