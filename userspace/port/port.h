// Port: the identity port at work: hears the daemon's setups and answers, and receives visits and gateways at the listeners
// it is given.
//
// The loop's one thread. Without a setup it listens nowhere.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "port/channel.h"
#include "port/desk.h"
#include "port/gateway.h"

namespace sluice::port {

class Port {
public:
	// `channel`: the other end is the daemon's. All of it outlives the port.
	Port(asio::io_context& loop, asio::thread_pool& workers, const Clock& clock, Fd channel, const Terms& terms);

	// Works until the channel ends, then stops the loop. Why, once it has.
	void start();
	const std::optional<Error>& ended() const { return ended_; }

private:
	struct Acceptors {
		std::vector<std::shared_ptr<tcp::acceptor>> visits;
		std::shared_ptr<local::acceptor> gateways;  // null: there is no authorization endpoint
	};

	void hear(const std::string& payload);
	void take(const Setup& setup);
	Result<std::vector<std::string>> apply(const Setup& setup, std::vector<Fd> sockets);
	Result<Acceptors> adopt(const Setup& setup, std::vector<Fd> sockets);
	void listen_at(Acceptors acceptors);
	void end(Error error);

	asio::io_context& loop_;
	const Clock& clock_;
	Setups setups_;
	Acceptors acceptors_;
	std::optional<Error> ended_;
	Channel channel_;
	std::shared_ptr<Desk> desk_;
};

}  // namespace sluice::port
