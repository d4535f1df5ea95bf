// Client: asks the daemon over its Unix socket, one connection a call. Blocking; any thread, one at a time.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/messages.h"

namespace sluice::control {

class Client {
public:
	explicit Client(std::string socket = kDefaultSocket, std::chrono::milliseconds timeout = std::chrono::seconds(30))
	    : socket_(std::move(socket)), timeout_(timeout)
	{
	}

	// The body of a good answer, or of one that carries diagnostics (see parse_apply_reply). Error kUnreachable when no
	// daemon answers there, kDenied when its socket is not ours to use, otherwise what the daemon says.
	Result<Json> get(const std::string& target);
	Result<Json> post(const std::string& target, const Json& body);
	Result<Json> del(const std::string& target);
	Result<Json> del(const std::string& target, const Json& body);

	// Each line of an NDJSON answer, without its end, as it arrives, until the answer ends or `take` returns false.
	// Before the first byte the timeout holds, from then on silence is no error.
	Result<void> lines(const std::string& target, const std::function<bool(std::string_view)>& take);

private:
	Result<Json> call(const char* method, const std::string& target, const Json* body);

	std::string socket_;
	std::chrono::milliseconds timeout_;
};

// `text` as one segment of a path: what is not unreserved (RFC 3986, 2.3) is percent-encoded.
std::string path_segment(std::string_view text);

}  // namespace sluice::control
