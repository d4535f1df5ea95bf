// NetworkNamespace: a named network namespace that this process made, gone when its owner is gone.
//
// Names are sluice-lab-PID-ROLE: what a predecessor left behind because it was killed is found by its pid and removed.
// Needs root and iproute2.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/process.h"

namespace sluice::lab {

class NetworkNamespace {
public:
	// Error kExists when this process has one of that role.
	static Result<NetworkNamespace> open(const std::string& role);
	NetworkNamespace(NetworkNamespace&& other) noexcept : name_(std::exchange(other.name_, {})) {}
	NetworkNamespace& operator=(NetworkNamespace&&) = delete;
	~NetworkNamespace();

	const std::string& name() const { return name_; }
	std::string path() const { return "/run/netns/" + name_; }

	// A command that is to run in here.
	Command command(std::vector<std::string> arguments) const { return {std::move(arguments), path(), {}}; }
	// `ip ARGUMENTS` in here; an exit code but 0 is an error.
	Result<void> ip(std::vector<std::string> arguments) const;
	// Calls `what` with this thread in here, and takes the thread back.
	Result<void> inside(const std::function<Result<void>()>& what) const;

private:
	explicit NetworkNamespace(std::string name) : name_(std::move(name)) {}

	std::string name_;
};

// Removes the namespaces of labs whose process is dead. Returns how many.
std::size_t remove_leftovers();

}  // namespace sluice::lab
