#include "port/gateway.h"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "port/authorize_http.h"
#include "port/caller.h"

namespace sluice::port {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto kBreath = std::chrono::milliseconds(100);

// Of each limit the key of this request; nothing where it holds none of these.
std::vector<std::optional<std::string>> keys_of(const Authorization& authorization, const std::vector<std::string>& of_headers,
						const std::optional<identity::Identity>& identity)
{
	std::vector<std::optional<std::string>> keys;
	for (std::size_t i = 0; i < authorization.limits.size(); i++) {
		if (!authorization.limits[i].header.empty())
			keys.emplace_back(i < of_headers.size() ? of_headers[i] : std::string());
		else if (identity)
			keys.emplace_back(identity->authority + '\0' + identity->name);
		else
			keys.emplace_back(std::nullopt);
	}
	return keys;
}

class Gateway : public std::enable_shared_from_this<Gateway> {
public:
	Gateway(std::shared_ptr<Desk> desk, local::socket socket, Room::Place place, std::chrono::milliseconds idle)
	    : desk_(std::move(desk)), socket_(std::move(socket)), place_(std::move(place)), idle_(idle), deadline_(desk_->loop())
	{
	}

	asio::io_context& loop() const { return desk_->loop(); }
	asio::awaitable<void> run();

private:
	asio::awaitable<std::optional<HttpRequest>> read();
	asio::awaitable<HttpResponse> answer(const HttpRequest& request);
	asio::awaitable<HttpResponse> authorize(Report report);
	asio::awaitable<HttpResponse> within_limits(Report report, std::optional<identity::Identity> identity, identity::CacheKey key);
	asio::awaitable<HttpResponse> bind(const net::Flow& flow, identity::Identity identity, BoundFlows::Holder holder);
	void expire_after(std::chrono::milliseconds patience);

	std::shared_ptr<Desk> desk_;
	local::socket socket_;
	Room::Place place_;
	std::chrono::milliseconds idle_;
	asio::steady_timer deadline_;
	beast::flat_buffer buffer_{kMostGatewayHeaderBytes + kMostBodyBytes};
};

void Gateway::expire_after(std::chrono::milliseconds patience)
{
	deadline_.expires_after(patience);
	deadline_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
		const auto self = weak.lock();
		// One that was put off after it had expired counts no more.
		if (!self || error || self->deadline_.expiry() > asio::steady_timer::clock_type::now())
			return;
		boost::system::error_code ignored;
		self->socket_.close(ignored);
	});
}

// Nothing: it has gone, or it was parted with.
asio::awaitable<std::optional<HttpRequest>> Gateway::read()
{
	if (buffer_.size() == 0) {
		expire_after(idle_);
		if (const auto [error] = co_await socket_.async_wait(local::socket::wait_read, kNow); error)
			co_return std::nullopt;
	}
	expire_after(desk_->terms().arrival);
	http::request_parser<http::string_body> parser;
	parser.header_limit(kMostGatewayHeaderBytes);
	parser.body_limit(kMostBodyBytes);
	const auto [error, size] = co_await http::async_read(socket_, buffer_, parser, kNow);
	if (error)
		co_return std::nullopt;
	deadline_.cancel();
	co_return parser.release();
}

asio::awaitable<HttpResponse> Gateway::bind(const net::Flow& flow, identity::Identity identity, BoundFlows::Holder holder)
{
	const auto answer = co_await desk_->ask(identity, flow);
	if (!answer)
		co_return turned_away_response(Reason::kNotReady);
	const auto* granted = std::get_if<Granted>(&answer->outcome);
	if (granted == nullptr)
		co_return denied_response(std::get<Denied>(answer->outcome));
	desk_->bound(flow, std::move(holder), granted->seconds);
	co_return authorized_response(identity);
}

asio::awaitable<HttpResponse> Gateway::authorize(Report report)
{
	if (report.credential.chain.empty() && report.credential.token.empty() && desk_->authorization()->anonymous)
		co_return co_await within_limits(std::move(report), std::nullopt, {});
	const auto thumbprint = identity::thumbprint_of(report.credential);
	const auto key = thumbprint ? identity::cache_key(report.credential.token, *thumbprint) : thumbprint.error();
	if (!key)
		co_return turned_away_response(Reason::kNotReady);
	auto judgement = co_await desk_->judge_again(std::move(report.credential), *key);
	if (!judgement)
		co_return turned_away_response(Reason::kNotReady);
	if (!judgement->outcome) {
		const identity::Refused& refused = judgement->outcome.error();
		desk_->report(identity::name_of(refused.refusal), refused.detail, report.flow.source, judgement->thumbprint);
		co_return refused_response(refused.refusal, judgement->demand);
	}
	co_return co_await within_limits(std::move(report), *std::move(judgement->outcome), *key);
}

// Of nobody, where policy takes that.
asio::awaitable<HttpResponse> Gateway::within_limits(Report report, std::optional<identity::Identity> identity, identity::CacheKey key)
{
	const Authorization* authorization = desk_->authorization();
	if (authorization == nullptr)
		co_return turned_away_response(Reason::kNotReady);  // by now
	const auto said = desk_->charge(keys_of(*authorization, report.keys, identity));
	const bool admitted = std::all_of(said.begin(), said.end(), [](const auto& each) { return each.offer.admitted; });
	HttpResponse response = turned_away_response(Reason::kRequestsExceeded);
	BoundFlows::Holder holder{std::move(report.connection), key};
	if (!admitted)
		desk_->report(name_of(Reason::kRequestsExceeded), identity ? "of an identity" : "", report.flow.source);
	else if (!identity)
		response = anonymous_response();
	else if (desk_->is_bound(report.flow, holder))
		response = authorized_response(*identity);
	else
		response = co_await bind(report.flow, *std::move(identity), std::move(holder));
	say_limits(response, said);
	co_return response;
}

// Asked of every request: the policy may name others by now.
asio::awaitable<HttpResponse> Gateway::answer(const HttpRequest& request)
{
	const Authorization* authorization = desk_->authorization();
	const auto caller = caller_of(socket_.native_handle());
	if (authorization == nullptr || !caller || !is_gateway(*caller, *authorization)) {
		const std::string detail = caller ? "user " + std::to_string(caller->user) : caller.error().sentence();
		desk_->report(name_of(Reason::kCallerUnknown), detail, std::nullopt);
		HttpResponse response = turned_away_response(Reason::kCallerUnknown);
		response.keep_alive(false);
		co_return response;
	}
	auto read = read_report(request, authorization->limits);
	if (auto* response = std::get_if<HttpResponse>(&read)) {
		desk_->report(name_of(Reason::kRequestMalformed), "HTTP " + std::to_string(response->result_int()) + " of a gateway", std::nullopt);
		co_return for_gateway(std::move(*response), request);
	}
	HttpResponse response = co_await authorize(std::move(std::get<Report>(read)));
	co_return for_gateway(std::move(response), request);
}

asio::awaitable<void> Gateway::run()
{
	for (bool stays = true; stays;) {
		const auto request = co_await read();
		if (!request)
			co_return;
		HttpResponse response = co_await answer(*request);
		stays = response.keep_alive();
		expire_after(desk_->terms().farewell);
		if (const auto [error, size] = co_await http::async_write(socket_, response, kNow); error)
			co_return;
	}
}

asio::awaitable<void> hold(std::shared_ptr<Gateway> gateway)
{
	try {
		co_await gateway->run();
	} catch (const std::exception& failure) {
		spdlog::error("a gateway's connection ended by a defect: {}", failure.what());
	}
}

void receive(const std::shared_ptr<Desk>& desk, local::socket socket)
{
	const auto caller = caller_of(socket.native_handle());
	const bool is_known = caller && desk->authorization() != nullptr && is_gateway(*caller, *desk->authorization());
	auto place = (is_known ? desk->gateways() : desk->strangers()).enter();
	if (!place)
		return;  // closed, which a gateway takes for a refusal
	const std::chrono::milliseconds idle = is_known ? desk->terms().idle : desk->terms().arrival;
	const auto gateway = std::make_shared<Gateway>(desk, std::move(socket), std::move(place), idle);
	asio::co_spawn(gateway->loop(), hold(gateway), asio::detached);
}

}  // namespace

asio::awaitable<void> accept_gateways(std::shared_ptr<local::acceptor> acceptor, std::shared_ptr<Desk> desk)
{
	while (acceptor->is_open()) {
		auto [error, socket] = co_await acceptor->async_accept(kNow);
		if (!error) {
			receive(desk, std::move(socket));
			continue;
		}
		if (error == asio::error::operation_aborted)
			co_return;
		// Out of descriptors, most likely: those who wait go on waiting.
		asio::steady_timer breath(desk->loop(), kBreath);
		co_await breath.async_wait(kNow);
	}
}

}  // namespace sluice::port
