#include "port/visit.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "port/event_http.h"

namespace sluice::port {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr std::size_t kMostUnread = 64u << 10;

net::Address address_of(const tcp::endpoint& endpoint)
{
	const auto v6 = endpoint.address().is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, endpoint.address().to_v4())
						   : endpoint.address().to_v6();
	return net::Address::from_bytes(v6.to_bytes());
}

class Visit : public std::enable_shared_from_this<Visit> {
public:
	Visit(std::shared_ptr<Desk> desk, tcp::socket socket, const net::Address& peer)
	    : desk_(std::move(desk)), socket_(std::move(socket)), deadline_(desk_->loop()), peer_(peer)
	{
	}
	~Visit()
	{
		if (id_ != 0)
			desk_->leave(id_);
	}

	asio::io_context& loop() const { return desk_->loop(); }
	bool enter();
	asio::awaitable<void> run();

private:
	// Everything under way ends with an error; the first reason stays.
	void end(Reason reason);
	void expire_after(std::chrono::milliseconds patience, Reason reason);
	void tell_failure(std::string_view reason, std::string detail);

	asio::awaitable<bool> says_something();
	asio::awaitable<bool> shake_hands(TlsStream& stream);
	asio::awaitable<std::optional<HttpRequest>> read(TlsStream& stream);
	asio::awaitable<HttpResponse> answer(const HttpRequest& request, std::vector<identity::Bytes> chain);
	asio::awaitable<HttpResponse> take_event(const HttpRequest& request);
	asio::awaitable<HttpResponse> lease(const identity::Identity& identity, Bind bind);
	asio::awaitable<void> write(TlsStream& stream, HttpResponse response);
	asio::awaitable<void> part();

	std::shared_ptr<Desk> desk_;
	tcp::socket socket_;
	asio::steady_timer deadline_;
	net::Address peer_;
	Waiting::Id id_ = 0;
	std::optional<Reason> ended_by_;
};

bool Visit::enter()
{
	const auto id = desk_->enter(peer_, [weak = weak_from_this()] {
		if (const auto self = weak.lock())
			self->end(Reason::kTooManyWaiting);
	});
	id_ = id.value_or(0);
	return id.has_value();
}

void Visit::end(Reason reason)
{
	if (!ended_by_)
		ended_by_ = reason;
	boost::system::error_code ignored;
	socket_.close(ignored);
}

void Visit::expire_after(std::chrono::milliseconds patience, Reason reason)
{
	deadline_.expires_after(patience);
	deadline_.async_wait([weak = weak_from_this(), reason](boost::system::error_code error) {
		const auto self = weak.lock();
		// One that was put off after it had expired counts no more.
		if (self && !error && self->deadline_.expiry() <= asio::steady_timer::clock_type::now())
			self->end(reason);
	});
}

// What ended it from here counts for more than the error that this led to.
void Visit::tell_failure(std::string_view reason, std::string detail)
{
	if (ended_by_)
		desk_->report(name_of(*ended_by_), {}, peer_);
	else
		desk_->report(reason, std::move(detail), peer_);
}

// False also for those that leave without a word, such as checks of whether the port is open: nothing to report.
asio::awaitable<bool> Visit::says_something()
{
	const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kNow);
	if (error) {
		if (ended_by_)
			desk_->report(name_of(*ended_by_), "not one byte", peer_);
		co_return false;
	}
	char byte = 0;
	co_return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

asio::awaitable<bool> Visit::shake_hands(TlsStream& stream)
{
	const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kNow);
	if (!error) {
		desk_->move_to(id_, Stage::kShaken);
		co_return true;
	}
	HandshakeFailure failure = explain_handshake(error);
	tell_failure(failure.reason, std::move(failure.detail));
	co_return false;
}

asio::awaitable<std::optional<HttpRequest>> Visit::read(TlsStream& stream)
{
	const std::size_t most = desk_->takes_events() ? kMostEventBytes : kMostBodyBytes;
	beast::flat_buffer buffer(kMostHeaderBytes + most);
	http::request_parser<http::string_body> parser;
	parser.header_limit(kMostHeaderBytes);
	parser.body_limit(most);
	const auto [error, size] = co_await http::async_read(stream, buffer, parser, kNow);
	const bool long_body = !error && !is_event_request(parser.get()) && parser.get().body().size() > kMostBodyBytes;
	if (!error && !long_body) {
		desk_->move_to(id_, Stage::kAsking);
		co_return parser.release();
	}
	const bool large = long_body || error == http::error::header_limit || error == http::error::body_limit || error == http::error::buffer_overflow;
	const bool gone = error && (error == http::error::end_of_stream || error == http::error::partial_message ||
				    error == asio::ssl::error::stream_truncated || error.category() == asio::error::get_system_category());
	const Reason reason = large ? Reason::kRequestTooLarge : Reason::kRequestMalformed;
	tell_failure(name_of(reason), gone ? "the connection ended before the request did" : "");
	if (!gone && !ended_by_) {
		HttpResponse response = turned_away_response(reason);
		co_await write(stream, std::move(response));
	}
	co_return std::nullopt;
}

asio::awaitable<HttpResponse> Visit::lease(const identity::Identity& identity, Bind bind)
{
	const auto answer = co_await desk_->ask(identity, Visitor{peer_, bind});
	if (!answer)
		co_return turned_away_response(Reason::kNotReady);
	if (const auto* granted = std::get_if<Granted>(&answer->outcome))
		co_return granted_response(identity, *granted);
	co_return denied_response(std::get<Denied>(answer->outcome));
}

// Who brings an event proves by its signature who says so; whose the connection is does not matter.
asio::awaitable<HttpResponse> Visit::take_event(const HttpRequest& request)
{
	auto read = read_event(request);
	if (auto* response = std::get_if<HttpResponse>(&read)) {
		desk_->report(name_of(Reason::kRequestMalformed), "security event: HTTP " + std::to_string(response->result_int()), peer_);
		co_return std::move(*response);
	}
	const auto judged = co_await desk_->judge_event(std::move(std::get<std::string>(read)));
	if (!judged)
		co_return turned_away_response(Reason::kNotReady);
	if (!*judged) {
		const identity::Refused& refused = judged->error();
		desk_->report(identity::name_of(refused.refusal), "security event" + (refused.detail.empty() ? "" : ": " + refused.detail), peer_);
		co_return event_refused_response(refused.refusal);
	}
	const identity::SecurityEvent& event = **judged;
	const bool taken = event.subject.empty() || co_await desk_->tell_event(event);
	co_return taken ? event_taken_response() : turned_away_response(Reason::kNotReady);
}

asio::awaitable<HttpResponse> Visit::answer(const HttpRequest& request, std::vector<identity::Bytes> chain)
{
	if (desk_->takes_events() && is_event_request(request))
		co_return co_await take_event(request);
	auto read = read_request(request);
	if (auto* response = std::get_if<HttpResponse>(&read)) {
		desk_->report(name_of(Reason::kRequestMalformed), "HTTP " + std::to_string(response->result_int()), peer_);
		co_return std::move(*response);
	}
	Asked& asked = std::get<Asked>(read);
	identity::Credential credential{std::move(chain), std::move(asked.token)};
	auto judgement = co_await desk_->judge(std::move(credential));
	if (!judgement)
		co_return turned_away_response(Reason::kNotReady);
	if (judgement->outcome)
		co_return co_await lease(*judgement->outcome, asked.bind);
	const identity::Refused& refused = judgement->outcome.error();
	desk_->report(identity::name_of(refused.refusal), refused.detail, peer_, judgement->thumbprint);
	co_return refused_response(refused.refusal, judgement->demand);
}

asio::awaitable<void> Visit::write(TlsStream& stream, HttpResponse response)
{
	expire_after(desk_->terms().farewell, Reason::kTooSlow);
	const auto [error, size] = co_await http::async_write(stream, response, kNow);
	desk_->move_to(id_, Stage::kAnswered);
	if (!error)
		co_await stream.async_shutdown(kNow);  // waits for the client's, as long as the farewell lasts
}

// Ends the connection so that the client still gets what was sent: what it goes on sending is read, within bounds,
// because closing over unread bytes would reset it.
asio::awaitable<void> Visit::part()
{
	expire_after(desk_->terms().farewell, Reason::kTooSlow);
	boost::system::error_code error;
	socket_.shutdown(tcp::socket::shutdown_send, error);
	std::array<char, 4096> discarded;
	for (std::size_t unread = 0; !error && unread < kMostUnread;) {
		std::size_t size = 0;
		std::tie(error, size) = co_await socket_.async_read_some(asio::buffer(discarded), kNow);
		unread += size;
	}
}

asio::awaitable<void> Visit::run()
{
	expire_after(desk_->terms().arrival, Reason::kTooSlow);
	if (!co_await says_something())
		co_return;
	const auto context = desk_->tls();  // held: the next setup brings another
	if (!context)
		co_return;  // there is no port any more
	TlsStream stream(socket_, *context);
	if (co_await shake_hands(stream)) {
		if (const auto request = co_await read(stream)) {
			deadline_.cancel();
			auto chain = chain_of(stream.native_handle());
			HttpResponse response = co_await answer(*request, std::move(chain));
			co_await write(stream, std::move(response));
		}
	}
	if (socket_.is_open())
		co_await part();
}

asio::awaitable<void> hold(std::shared_ptr<Visit> visit)
{
	try {
		co_await visit->run();
	} catch (const std::exception& failure) {
		spdlog::error("a visit ended by a defect: {}", failure.what());
	}
}

}  // namespace

void receive_visit(std::shared_ptr<Desk> desk, tcp::socket socket)
{
	boost::system::error_code error;
	const auto endpoint = socket.remote_endpoint(error);
	if (error)
		return;
	socket.set_option(tcp::no_delay(true), error);  // flights of a handshake wait for nothing
	const auto visit = std::make_shared<Visit>(std::move(desk), std::move(socket), address_of(endpoint));
	if (visit->enter())
		asio::co_spawn(visit->loop(), hold(visit), asio::detached);
}

}  // namespace sluice::port
