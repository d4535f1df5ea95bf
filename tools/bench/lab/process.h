// Process: a child program, optionally in a network namespace, with what it writes kept. Ends with its owner: a child
// still running at destruction is killed and reaped, and the kernel kills it should this program die first.
//
// Arguments go to execvp as they are: no shell. Everything but the network namespace stays as it is out here, the
// mounts (and so bpffs) included.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::lab {

struct Command {
	std::vector<std::string> arguments;                     // [0] is the program
	std::string network_namespace;                          // a path such as /run/netns/NAME; empty: this one
	std::vector<std::pair<std::string, std::string>> environment;  // beside the inherited one
};

class Process {
public:
	static Result<Process> start(const Command& command);
	Process(Process&& other) noexcept;
	Process& operator=(Process&& other) noexcept;
	~Process();

	pid_t pid() const { return pid_; }
	// What it has written until now.
	std::string output() const;
	std::string errors() const;

	// Whether it runs; reaps it once it does not.
	bool running();
	// Its exit code, 128 + N where signal N ended it; none while it still runs at the deadline.
	std::optional<int> wait(std::chrono::milliseconds deadline);
	// Requires that it was not reaped yet, otherwise does nothing.
	void signal(int number);

private:
	Process(pid_t pid, Fd output, Fd errors) : pid_(pid), output_(std::move(output)), errors_(std::move(errors)) {}
	void end();

	pid_t pid_ = -1;
	std::optional<int> status_;
	Fd output_;
	Fd errors_;
};

struct Finished {
	int code = 0;
	std::string output;
	std::string errors;
};

// Runs to the end. Error kFailed when it takes longer than `deadline`.
Result<Finished> run(const Command& command, std::chrono::milliseconds deadline = std::chrono::seconds(20));
// The same, and any exit code but 0 is an error that quotes what it wrote. Returns its output.
Result<std::string> run_checked(const Command& command, std::chrono::milliseconds deadline = std::chrono::seconds(20));

}  // namespace sluice::lab
