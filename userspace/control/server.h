// Server: HTTP/1.1 with JSON on the control socket.
//
// Bounded whatever a client does: at most kMostSessions at once (the next is told so and closed), 8 KiB of header, 1 MiB
// of body, ten seconds for a request to arrive and for a piece of an answer to be taken. Everything runs on the
// io_context's one thread; handlers are called there, and must answer there, exactly once.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/fd.h"
#include "control/http.h"

namespace sluice::control {

inline constexpr std::size_t kMostSessions = 64;
inline constexpr std::size_t kMostBodyBytes = 1u << 20;
inline constexpr std::uint32_t kMostHeaderBytes = 8u << 10;

using Respond = std::function<void(Response)>;
using Handler = std::function<void(const Request&, const Respond&)>;

// A handler whose answer is there when it returns: `work`'s, or its error.
Handler at_once(std::function<Result<Response>(const Request&)> work);

class Server {
public:
	struct Limits {
		std::chrono::milliseconds patience = std::chrono::seconds(10);
		std::size_t sessions = kMostSessions;
	};

	// `listening` is a listening Unix socket; it is bound to `path`, which is removed when the server ends.
	Server(boost::asio::io_context& loop, Fd listening, std::string path);
	Server(boost::asio::io_context& loop, Fd listening, std::string path, Limits limits);
	~Server();

	// Answers `method` on `path`; a path that ends in "/*" takes one more segment, Request::last. Before start().
	void route(const char* method, const char* path, Handler handler);
	void start();

	// Lets every answer that goes on look for more.
	void wake();
	// Accepts nobody any more, ends answers that go on, closes every session once its answer is out.
	void stop();
	std::size_t sessions() const;

	struct State;  // shared with the sessions

private:
	std::shared_ptr<State> state_;
};

}  // namespace sluice::control
