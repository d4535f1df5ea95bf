// StartedPort: the real sluice-identity in a process of its own, and the daemon's side of its channel on a thread here.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "port/frame.h"
#include "port/messages.h"

namespace sluice::test {

// "…/bin/sluice-identity", beside this test.
std::string identity_program();

class StartedPort {
public:
	using Answer = std::function<std::optional<port::LeaseAnswer>(const port::LeaseRequest& request)>;

	// Starts it; it listens nowhere yet. Answers every request with a lease of 60 seconds unless told otherwise.
	static Result<std::unique_ptr<StartedPort>> start();
	~StartedPort();

	// Sends a setup with the listeners, and waits for what the port says to it.
	port::ToDaemon set_up(const port::Setup& setup, const std::vector<const Fd*>& listeners, const Fd* gateways = nullptr);
	void say(const port::ToPort& message) { send(port::encode(message), {}); }
	void answer_by(Answer answer);

	std::vector<port::LeaseRequest> requests() const;
	std::vector<port::RefusalReport> reports() const;
	std::vector<port::EventReport> events() const;
	// Whether events are taken; they are unless told otherwise.
	void take_events(bool taken);
	// Waits until so many reports have come since the start, at most ten seconds.
	std::vector<port::RefusalReport> await_reports(std::size_t count);

	pid_t pid() const { return pid_; }
	// Closes the channel, and waits for the end: the exit code, or the signal negated.
	int close();

private:
	StartedPort(pid_t pid, Fd channel);
	void hear();
	void take(const std::string& payload);
	void send(const std::string& payload, const std::vector<Fd>& descriptors);

	pid_t pid_;
	Fd channel_;
	Fd stop_, stopped_;
	std::thread thread_;
	mutable std::mutex mutex_;
	std::condition_variable changed_;
	std::mutex sending_;
	Answer answer_;
	std::vector<port::LeaseRequest> requests_;
	std::vector<port::RefusalReport> reports_;
	std::vector<port::EventReport> events_;
	bool takes_events_ = true;
	std::vector<port::ToDaemon> setups_;
};

}  // namespace sluice::test
