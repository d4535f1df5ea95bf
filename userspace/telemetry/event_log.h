// EventLog: the last events, in memory, numbered. Readers keep a cursor of their own; one that is too slow loses the
// oldest and is told how many. The daemon's event loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "telemetry/event.h"

namespace sluice::telemetry {

class EventLog {
public:
	explicit EventLog(std::size_t capacity = 4096) : capacity_(capacity) {}

	// Gives the event its sequence number and returns it.
	std::uint64_t append(std::uint64_t unix_ns, decltype(Event::what) what);
	// Of the newest event; 0 before the first.
	std::uint64_t last() const { return last_; }

	struct Page {
		std::vector<Event> events;
		std::uint64_t lost = 0;    // events after the cursor that are no longer here
		std::uint64_t cursor = 0;  // where to go on
	};
	// The next events after `cursor`, at most `most`.
	Page after(std::uint64_t cursor, std::size_t most) const;

private:
	std::size_t capacity_;
	std::uint64_t last_ = 0;
	std::deque<Event> events_;
};

}  // namespace sluice::telemetry
