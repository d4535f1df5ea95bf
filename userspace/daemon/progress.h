// Progress: how far a policy is on its way from its files into the kernel, and how long each part took. Written by whoever
// is at work on it, read by the event loop.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "control/progress_messages.h"

namespace sluice::daemon {

class Progress {
public:
	// `clock` outlives the object. Time counts from now on.
	Progress(const Clock& clock, std::string path) : clock_(clock), path_(std::move(path)), began_ns_(clock.mono_ns()), entered_ns_(began_ns_) {}

	// What is done from now on; what came before is over.
	void enter(control::Stage stage);
	// One more list was read.
	void add_list(std::uint64_t bytes);
	// How many prefixes it is about.
	void set_prefixes(std::uint64_t prefixes);

	control::Applying now() const;
	// Until now, the stage that is being done included.
	control::Times times() const;

private:
	const Clock& clock_;
	mutable std::mutex turn_;  // of all that follows
	std::string path_;
	control::Stage stage_ = control::Stage::kReading;
	std::uint64_t lists_ = 0;
	std::uint64_t bytes_ = 0;
	std::uint64_t prefixes_ = 0;
	std::uint64_t began_ns_;
	std::uint64_t entered_ns_;
	control::Times::Stages stages_{};
};

}  // namespace sluice::daemon
