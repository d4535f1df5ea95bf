// Notes: what the datapath had to say in the last hour, each text once. The event loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sluice::daemon {

class Notes {
public:
	// `take`: what there is to say since the last call; may be empty. `clock` outlives the object.
	Notes(const Clock& clock, std::function<std::vector<std::string>()> take) : clock_(clock), take_(std::move(take)) {}

	// Asks, and logs what is new.
	void collect();
	std::vector<std::string> texts() const;

private:
	struct Note {
		std::uint64_t mono_ns = 0;
		std::string text;
	};

	const Clock& clock_;
	std::function<std::vector<std::string>()> take_;
	std::vector<Note> notes_;  // the oldest first
};

}  // namespace sluice::daemon
