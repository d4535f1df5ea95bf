// Daemon: a running sluiced in a namespace, with pins, socket and files of its own, and the commands that speak to it.
//
// What it leaves (pins, files) goes with its owner; what a dead predecessor left, remove_daemon_leftovers() removes. The
// programs are those that stand beside this one.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/network_namespace.h"
#include "lab/process.h"

namespace sluice::lab {

// "/…/build/bin/NAME": beside this program.
std::string program(const std::string& name);

class Daemon {
public:
	// Writes `policy` to a file, starts sluiced with it on `interface` of `space`, and waits until it answers. Lists are
	// looked for beside the policy: see write_file(). The namespace outlives this.
	struct Setup {
		std::string policy;
		std::vector<std::pair<std::string, std::string>> files;  // name and text, beside the policy
		std::vector<std::string> options;                        // further ones for sluiced
		std::string interface = "eth0";                          // empty: none
	};
	static Result<Daemon> start(const NetworkNamespace& space, const Setup& setup);
	Daemon(Daemon&&) noexcept = default;
	Daemon& operator=(Daemon&&) = delete;
	~Daemon();

	// `sluice ARGUMENTS`; any exit code is an answer.
	Result<Finished> command(std::vector<std::string> arguments) const;
	// `sluice --json ARGUMENTS`; an exit code but 0, or no JSON, is an error.
	Result<nlohmann::json> ask(std::vector<std::string> arguments) const;
	// `sluice-dump --json ARGUMENTS`: what the kernel says, daemon or no daemon.
	Result<nlohmann::json> dump(std::vector<std::string> arguments) const;
	// Packets counted under a reason, of one service or of all; from the kernel.
	Result<std::uint64_t> counted(const std::string& reason, const std::optional<std::string>& service = {}) const;

	Process& process() { return *process_; }
	// Kills it as a fault would; enforcement stays.
	void kill();
	// Starts it again with the same setup and waits until it answers.
	Result<void> restart();

	Result<void> write_file(const std::string& name, const std::string& text) const;
	std::string policy_path() const { return directory_ + "/policy.yaml"; }
	const std::string& directory() const { return directory_; }
	const std::string& pins() const { return pins_; }
	// What sluiced would be started with; for a second one.
	Command command_line() const;

private:
	Daemon(const NetworkNamespace& space, Setup setup);
	Result<void> launch();

	const NetworkNamespace* space_;
	Setup setup_;
	std::string directory_;
	std::string pins_;
	std::optional<Process> process_;
};

// Directories and pins of labs whose process is dead.
void remove_daemon_leftovers();

}  // namespace sluice::lab
