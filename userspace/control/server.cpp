#include "control/server.h"

#include <unistd.h>

#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.h"
#include "control/session.h"
#include "control/stream.h"

namespace sluice::control {
namespace {

constexpr auto kBreath = std::chrono::milliseconds(100);

// Counts a session for as long as it lives.
class Counted {
public:
	explicit Counted(std::shared_ptr<Server::State> state) : state_(std::move(state)) { state_->sessions++; }
	Counted(const Counted&) = delete;
	Counted& operator=(const Counted&) = delete;
	~Counted() { state_->sessions--; }

private:
	std::shared_ptr<Server::State> state_;
};

asio::awaitable<void> hold(std::shared_ptr<Server::State> state, stream_protocol::socket socket)
{
	const Counted counted(state);
	co_await serve(state, std::move(socket));
}

asio::awaitable<void> accept_clients(std::shared_ptr<Server::State> state)
{
	while (!state->stopping) {
		auto [error, socket] = co_await state->acceptor.async_accept(kNow);
		if (error == asio::error::operation_aborted)
			co_return;
		if (error) {
			// Out of descriptors, most likely: those who wait go on waiting.
			spdlog::warn("control: accept: {}", error.message());
			asio::steady_timer breath(state->loop, kBreath);
			co_await breath.async_wait(kNow);
			continue;
		}
		asio::co_spawn(state->loop, hold(state, std::move(socket)), asio::detached);
	}
}

}  // namespace

Handler at_once(std::function<Result<Response>(const Request&)> work)
{
	return [work = std::move(work)](const Request& request, const Respond& respond) {
		auto response = work(request);
		respond(response ? std::move(*response) : Response::error(response.error()));
	};
}

Server::Server(asio::io_context& loop, Fd listening, std::string path) : Server(loop, std::move(listening), std::move(path), Limits{}) {}

Server::Server(asio::io_context& loop, Fd listening, std::string path, Limits limits)
    : state_(std::make_shared<State>(loop, std::move(path), limits))
{
	state_->acceptor.assign(stream_protocol(), listening.release());
	state_->news.expires_at(asio::steady_timer::time_point::max());
}

Server::~Server()
{
	stop();
}

void Server::route(const char* method, const char* path, Handler handler)
{
	State::Route route{method, path, false, std::move(handler)};
	if (route.path.ends_with("/*")) {
		route.path.resize(route.path.size() - 1);
		route.takes_last = true;
	}
	state_->routes.push_back(std::move(route));
}

void Server::start()
{
	asio::co_spawn(state_->loop, accept_clients(state_), asio::detached);
}

void Server::wake()
{
	state_->news.cancel();
}

void Server::stop()
{
	if (state_->stopping)
		return;
	state_->stopping = true;
	boost::system::error_code ignored;
	state_->acceptor.close(ignored);
	::unlink(state_->path.c_str());
	wake();
}

std::size_t Server::sessions() const
{
	return state_->sessions;
}

}  // namespace sluice::control
