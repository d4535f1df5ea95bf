#include "port/port.h"

#include <sys/socket.h>

#include <cerrno>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/file.h"
#include "base/log.h"
#include "port/visit.h"

namespace sluice::port {
namespace {

constexpr auto kBreath = std::chrono::milliseconds(100);
constexpr int kBacklog = 4096;  // a moment in which others have the processors; the kernel cuts it to somaxconn

asio::awaitable<void> accept_visits(std::shared_ptr<tcp::acceptor> acceptor, std::shared_ptr<Desk> desk)
{
	while (acceptor->is_open()) {
		auto [error, socket] = co_await acceptor->async_accept(kNow);
		if (!error) {
			receive_visit(desk, std::move(socket));
			continue;
		}
		if (error == asio::error::operation_aborted)
			co_return;
		// Out of descriptors, most likely: those who wait go on waiting.
		asio::steady_timer breath(desk->loop(), kBreath);
		co_await breath.async_wait(kNow);
	}
}

std::size_t descriptors_of(const Setup& setup)
{
	return setup.listeners.size() + (setup.authorization ? 1 : 0);
}

// Nothing where there is no port, but gateways.
Result<std::optional<ServerTls>> tls_of(const Setup& setup)
{
	if (setup.certificate.path.empty() && setup.listeners.empty())
		return std::optional<ServerTls>();
	SLUICE_TRY_ASSIGN(ServerTls tls, make_server_tls(setup.certificate, setup.key));
	return std::optional(std::move(tls));
}

// The family of a listening stream socket; AF_UNSPEC for anything else.
Result<int> family_of(int socket)
{
	int listening = 0, family = 0, type = 0;
	const auto ask = [socket](int option, int& value) {
		socklen_t size = sizeof value;
		return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0;
	};
	if (!ask(SO_ACCEPTCONN, listening) || !ask(SO_DOMAIN, family) || !ask(SO_TYPE, type))
		return error_of_errno(errno, "look at a listener");
	return listening != 0 && type == SOCK_STREAM ? family : AF_UNSPEC;
}

// Takes the socket over, to listen for the protocol.
template <typename Protocol>
Result<std::shared_ptr<typename Protocol::acceptor>> adopted(asio::io_context& loop, const Protocol& protocol, Fd socket)
{
	auto acceptor = std::make_shared<typename Protocol::acceptor>(loop);
	boost::system::error_code error;
	acceptor->assign(protocol, socket.release(), error);
	if (!error)
		acceptor->listen(kBacklog, error);
	if (error)
		return Error(ErrorCode::kFailed, error.message());
	return acceptor;
}

Result<std::shared_ptr<tcp::acceptor>> adopt_visits(asio::io_context& loop, Fd socket)
{
	SLUICE_TRY_ASSIGN(const int family, family_of(socket.get()));
	if (family != AF_INET && family != AF_INET6)
		return Error(ErrorCode::kInvalid, "a listener is no listening TCP socket");
	return adopted(loop, family == AF_INET ? tcp::v4() : tcp::v6(), std::move(socket));
}

Result<std::shared_ptr<local::acceptor>> adopt_gateways(asio::io_context& loop, Fd socket)
{
	SLUICE_TRY_ASSIGN(const int family, family_of(socket.get()));
	if (family != AF_UNIX)
		return Error(ErrorCode::kInvalid, "the listener of the authorization endpoint is no listening Unix socket");
	return adopted(loop, local(), std::move(socket));
}

}  // namespace

Port::Port(asio::io_context& loop, asio::thread_pool& workers, const Clock& clock, Fd channel, const Terms& terms)
    : loop_(loop), clock_(clock),
      channel_(loop, std::move(channel), Channel::of_port(),
	       {[this](const std::string& payload) { hear(payload); }, [this](Error error) { end(std::move(error)); }}),
      desk_(std::make_shared<Desk>(loop, workers, clock, terms,
				   [this](const ToDaemon& message) { return static_cast<bool>(channel_.send(encode(message))); }))
{
}

void Port::start()
{
	channel_.start();
}

void Port::end(Error error)
{
	ended_ = std::move(error);
	listen_at({});
	loop_.stop();
}

void Port::hear(const std::string& payload)
{
	auto message = parse_to_port(payload);
	if (!message)
		return end(std::move(message).error());
	if (auto* answer = std::get_if<LeaseAnswer>(&*message))
		desk_->answered(std::move(*answer));
	else if (const auto* taken = std::get_if<EventAnswer>(&*message))
		desk_->answered(*taken);
	else if (std::holds_alternative<AskAgain>(*message))
		desk_->ask_again();
	else
		take(std::get<Setup>(*message));
}

void Port::take(const Setup& setup)
{
	const auto problems = apply(setup, channel_.take_descriptors(descriptors_of(setup)));
	const ToDaemon answer = problems ? ToDaemon(Ready{setup.serial, *problems})
					 : ToDaemon(SetupRefused{setup.serial, problems.error().sentence().substr(0, kLongestSentence)});
	if (const auto sent = channel_.send(encode(answer)); !sent)
		spdlog::error("answer a setup: {}", sent.error().sentence());
}

// Everything that can fail comes before anything that changes.
Result<std::vector<std::string>> Port::apply(const Setup& setup, std::vector<Fd> sockets)
{
	SLUICE_TRY_ASSIGN(const std::optional<ServerTls> tls, tls_of(setup));
	SLUICE_TRY_ASSIGN(Acceptors acceptors, adopt(setup, std::move(sockets)));
	SLUICE_TRY_ASSIGN(Setups::Made made, setups_.make(setup));
	if (tls && identity::is_over(identity::moment_of_unix_ns(clock_.unix_ns()), tls->until, identity::Skew(std::chrono::seconds(0))))
		made.problems.push_back(setup.certificate.path + ": the port's own certificate has expired");
	desk_->work_by(std::move(made.judge), tls ? tls->context : nullptr);
	listen_at(std::move(acceptors));
	return std::move(made.problems);
}

Result<Port::Acceptors> Port::adopt(const Setup& setup, std::vector<Fd> sockets)
{
	if (sockets.size() != descriptors_of(setup))
		return Error(ErrorCode::kInvalid, std::to_string(descriptors_of(setup)) + " listeners, and " + std::to_string(sockets.size()) +
							  " sockets with them");
	Acceptors acceptors;
	for (std::size_t i = 0; i < setup.listeners.size(); i++) {
		auto acceptor = adopt_visits(loop_, std::move(sockets[i]));
		if (!acceptor)
			return std::move(acceptor).error().within(setup.listeners[i]);
		acceptors.visits.push_back(*std::move(acceptor));
	}
	if (setup.authorization) {
		auto acceptor = adopt_gateways(loop_, std::move(sockets.back()));
		if (!acceptor)
			return std::move(acceptor).error().within(setup.authorization->socket);
		acceptors.gateways = *std::move(acceptor);
	}
	return acceptors;
}

// In place of those before, whose waiting connections are the same socket's where the daemon sent it again.
void Port::listen_at(Acceptors acceptors)
{
	boost::system::error_code ignored;
	for (const auto& before : acceptors_.visits)
		before->close(ignored);
	if (acceptors_.gateways)
		acceptors_.gateways->close(ignored);
	acceptors_ = std::move(acceptors);
	for (const auto& acceptor : acceptors_.visits)
		asio::co_spawn(loop_, accept_visits(acceptor, desk_), asio::detached);
	if (acceptors_.gateways)
		asio::co_spawn(loop_, accept_gateways(acceptors_.gateways, desk_), asio::detached);
}

}  // namespace sluice::port
