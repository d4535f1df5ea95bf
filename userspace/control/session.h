// A client's connection to the server: requests in, answers out, until either side ends it. Server's own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "control/server.h"

namespace sluice::control {

struct Server::State {
	State(boost::asio::io_context& loop_, std::string path_, Limits limits_)
	    : loop(loop_), acceptor(loop_), news(loop_), path(std::move(path_)), limits(limits_)
	{
	}

	struct Route {
		std::string method;
		std::string path;  // without the "/*"
		bool takes_last = false;
		Handler handler;
	};

	boost::asio::io_context& loop;
	boost::asio::local::stream_protocol::acceptor acceptor;
	boost::asio::steady_timer news;  // never expires; cancelled to wake those who wait
	std::string path;
	Limits limits;
	std::vector<Route> routes;
	std::size_t sessions = 0;
	bool stopping = false;
};

// Serves one connection to its end.
boost::asio::awaitable<void> serve(std::shared_ptr<Server::State> state, boost::asio::local::stream_protocol::socket socket);

}  // namespace sluice::control
