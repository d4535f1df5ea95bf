// Watcher: notices that files changed, by watching their directories: so that a file which is replaced by another of
// its name (how editors and feeds write) is noticed like one that is written. Symbolic links on the way count as well, and so does a
// directory that goes, or comes.
//
// Changes that come together are told once, `quiet` after the last of them. The event loop's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/result.h"

namespace sluice::daemon {

class Watcher {
public:
	static Result<Watcher> open(boost::asio::io_context& loop, std::chrono::milliseconds quiet, std::function<void()> changed);
	Watcher(Watcher&&) noexcept;
	Watcher& operator=(Watcher&&) noexcept;
	~Watcher();

	// These files in place of those before. What changed since `since_unix_ns` (when somebody began to read them) is told
	// as well. What cannot be watched is returned, one sentence each; the rest is watched.
	std::vector<std::string> watch(const std::vector<std::string>& files, std::uint64_t since_unix_ns);

private:
	struct State;
	explicit Watcher(std::shared_ptr<State> state);
	std::shared_ptr<State> state_;
};

}  // namespace sluice::daemon
