// Daemon: keeps one host's policy installed, its interfaces judged, and its control socket answered. One event loop, one
// writer; only reading and compiling policies has a thread of its own.
//
// What judges packets is pinned: an end of the daemon, clean or not, leaves it as it is, but for --detach-on-exit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/notifier.h"
#include "base/result.h"
#include "daemon/options.h"
#include "datapath/datapath.h"
#include "policy/diagnostic.h"

namespace sluice::daemon {

// What the daemon works with; all of it outlives the daemon.
struct Surroundings {
	datapath::Datapath& datapath;
	const Clock& clock;
	const Notifier& notifier;
	std::uint32_t bucket_sets = 0;                          // of the datapath's bucket table
	std::function<std::vector<std::string>()> take_notes;   // what the datapath has to say since the last call
	std::string boot = {};                                  // names this start of the host
};

class Daemon {
public:
	Daemon(Options options, Surroundings surroundings);
	~Daemon();

	// Adopts what runs, installs the policy, attaches the interfaces named, opens the socket: serves nobody yet. Error: what
	// judged packets goes on judging them. With diagnostics() the policy is wrong and none runs.
	Result<void> start();
	const policy::Diagnostics& diagnostics() const;

	// Serves until SIGTERM, SIGINT or stop(). After start(). Error only from detaching at the end.
	Result<void> run();
	// Ends run(); from any thread.
	void stop();

private:
	struct State;
	std::unique_ptr<State> state_;
};

}  // namespace sluice::daemon
