// Pins: the directories under the pins root, and where each thing is pinned.
//
//   state/NAME               what outlives policies
//   generations/N/NAME       one program with its policy maps; generations/staging while it is being made
//   shadow/NAME              the candidate that judges beside the running generation, where there is one
//   links/INTERFACE, cookies/INTERFACE
//                            '.' and '%' of an interface's name as %2E and %25: bpffs has no dots
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/calls.h"

namespace sluice::kernel {

class Pins {
public:
	// Mounts bpffs at /sys/fs/bpf where the root lies under it and nothing is mounted, and makes the directories. Error
	// with advice when the root is not on a bpffs.
	static Result<Pins> open(Calls& calls, const std::string& root);
	// As they are; touches nothing.
	static Pins at(const std::string& root) { return Pins(root); }

	const std::string& root() const { return root_; }
	std::string state(const std::string& map) const { return root_ + "/state/" + map; }
	std::string generation(std::uint32_t number) const { return root_ + "/generations/" + std::to_string(number); }
	std::string staging() const { return root_ + "/generations/staging"; }
	std::string shadow() const { return root_ + "/shadow"; }
	std::string link(const std::string& interface) const;
	std::string cookie_link(const std::string& interface) const;

	// Ascending.
	std::vector<std::uint32_t> generations() const;
	// Names of interfaces.
	std::vector<std::string> links() const;
	std::vector<std::string> cookie_links() const;

private:
	explicit Pins(std::string root) : root_(std::move(root)) {}
	std::string root_;
};

// Unpins everything in a directory and removes it; one that is not there is no error.
Result<void> remove_pins(Calls& calls, const std::string& directory);

}  // namespace sluice::kernel
