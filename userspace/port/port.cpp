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

// The family of a listening TCP socket; error kInvalid for anything else.
Result<tcp> protocol_of(int socket)
{
	int listening = 0, family = 0, type = 0;
	const auto ask = [socket](int option, int& value) {
		socklen_t size = sizeof value;
		return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0;
	};
	if (!ask(SO_ACCEPTCONN, listening) || !ask(SO_DOMAIN, family) || !ask(SO_TYPE, type))
		return error_of_errno(errno, "look at a listener");
	if (listening == 0 || type != SOCK_STREAM || (family != AF_INET && family != AF_INET6))
		return Error(ErrorCode::kInvalid, "a listener is no listening TCP socket");
	return family == AF_INET ? tcp::v4() : tcp::v6();
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
	else
		take(std::get<Setup>(*message));
}

void Port::take(const Setup& setup)
{
	const auto problems = apply(setup, channel_.take_descriptors(setup.listeners.size()));
	const ToDaemon answer = problems ? ToDaemon(Ready{setup.serial, *problems})
					 : ToDaemon(SetupRefused{setup.serial, problems.error().sentence().substr(0, kLongestSentence)});
	if (const auto sent = channel_.send(encode(answer)); !sent)
		spdlog::error("answer a setup: {}", sent.error().sentence());
}

// Everything that can fail comes before anything that changes.
Result<std::vector<std::string>> Port::apply(const Setup& setup, std::vector<Fd> sockets)
{
	SLUICE_TRY_ASSIGN(const ServerTls tls, make_server_tls(setup.certificate, setup.key));
	SLUICE_TRY_ASSIGN(Acceptors acceptors, adopt(setup, std::move(sockets)));
	SLUICE_TRY_ASSIGN(Setups::Made made, setups_.make(setup));
	if (identity::is_over(identity::moment_of_unix_ns(clock_.unix_ns()), tls.until, identity::Skew(std::chrono::seconds(0))))
		made.problems.push_back(setup.certificate.path + ": the port's own certificate has expired");
	desk_->work_by(std::move(made.judge), tls.context);
	listen_at(std::move(acceptors));
	return std::move(made.problems);
}

Result<Port::Acceptors> Port::adopt(const Setup& setup, std::vector<Fd> sockets)
{
	if (sockets.size() != setup.listeners.size())
		return Error(ErrorCode::kInvalid, std::to_string(setup.listeners.size()) + " listeners, and " + std::to_string(sockets.size()) +
							  " sockets with them");
	Acceptors acceptors;
	for (std::size_t i = 0; i < sockets.size(); i++) {
		auto protocol = protocol_of(sockets[i].get());
		if (!protocol)
			return std::move(protocol).error().within(setup.listeners[i]);
		auto acceptor = std::make_shared<tcp::acceptor>(loop_);
		boost::system::error_code error;
		acceptor->assign(*protocol, sockets[i].release(), error);
		if (!error)
			acceptor->listen(kBacklog, error);
		if (error)
			return Error(ErrorCode::kFailed, setup.listeners[i] + ": " + error.message());
		acceptors.push_back(std::move(acceptor));
	}
	return acceptors;
}

// In place of those before, whose waiting connections are the same socket's where the daemon sent it again.
void Port::listen_at(Acceptors acceptors)
{
	for (const auto& before : acceptors_) {
		boost::system::error_code ignored;
		before->close(ignored);
	}
	acceptors_ = std::move(acceptors);
	for (const auto& acceptor : acceptors_)
		asio::co_spawn(loop_, accept_visits(acceptor, desk_), asio::detached);
}

}  // namespace sluice::port
