// PortProcess: the process of the identity port, from its start to its end. It is another program, `sluice-identity`, with an
// environment of its own and one descriptor, 3, its end of the channel; it ends when the daemon does.
//
// The event loop's thread only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::daemon {

class PortProcess {
public:
	// "ended with 1", "was killed by signal 11".
	using Ended = std::function<void(const std::string& how)>;

	struct Started {
		std::unique_ptr<PortProcess> process;
		Fd channel;  // the daemon's end
	};
	// Runs `program`. `ended` is called once, from the loop; not after the object's end.
	static Result<Started> start(boost::asio::io_context& loop, const std::string& program, Ended ended);

	// Kills the process, if it has not ended.
	~PortProcess();
	PortProcess(const PortProcess&) = delete;
	PortProcess& operator=(const PortProcess&) = delete;

	pid_t pid() const;

private:
	struct State;
	explicit PortProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

	std::shared_ptr<State> state_;  // outlives the object until the process was waited for
};

}  // namespace sluice::daemon
