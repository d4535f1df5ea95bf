// Channel: one end of the stream socket between daemon and identity port; whole messages, and descriptors with them.
//
// Everything happens on the loop's one thread, and nothing blocks: what the other side does not take waits, up to a bound,
// beyond which send() refuses. An end that is given up is silent at once, also when that happens within a call of `message`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::port {

class Channel {
public:
	struct Limits {
		std::size_t incoming = 0;     // bytes of one message
		std::size_t waiting = 0;      // bytes that wait to be sent, before one more message
		std::size_t descriptors = 0;  // that were received and not taken; with 0, the kernel drops what comes
	};
	// The daemon's end; the port's end.
	static Limits of_daemon();
	static Limits of_port();

	struct Events {
		std::function<void(std::string payload)> message;
		// Once, the last: the other side closed (kUnreachable), or broke the rules (kInvalid).
		std::function<void(Error)> ended;
	};

	// `socket`: a connected AF_UNIX stream socket. Nothing is read before start().
	Channel(boost::asio::io_context& loop, Fd socket, Limits limits, Events events);
	Channel(const Channel&) = delete;
	Channel& operator=(const Channel&) = delete;
	~Channel();

	void start();
	// In order, each with its descriptors. Error kExhausted where too much waits already: the other side does not read;
	// kUnreachable after the end.
	Result<void> send(const std::string& payload, std::vector<Fd> descriptors = {});
	// The next descriptors in the order in which they were sent; fewer, where fewer came.
	std::vector<Fd> take_descriptors(std::size_t count);
	// Ends it from here; `ended` is not called.
	void close();

private:
	struct State;
	std::shared_ptr<State> state_;
};

}  // namespace sluice::port
