// CaptureClock: the stamps of a capture as a clock that a limiter can go by: it never goes backwards. Pure.
#pragma once

#include <cstdint>

namespace sluice::cli {

class CaptureClock {
public:
	// Where the clock stands at the first stamp.
	explicit CaptureClock(std::uint64_t start_ns) : now_ns_(start_ns) {}

	// The time of the next stamp. One that is a little early (interfaces captured together, packets stamped on several
	// processors) comes at the time of the latest before it; one that is more than a second early is a clock that was set
	// back, and time goes on from where it was.
	std::uint64_t at(std::uint64_t stamp_ns)
	{
		if (!begun_ || stamp_ns + kSetBackNs < latest_ns_)
			latest_ns_ = stamp_ns;
		early_ += begun_ && stamp_ns < previous_ns_;
		begun_ = true;
		previous_ns_ = stamp_ns;
		if (stamp_ns > latest_ns_) {
			now_ns_ += stamp_ns - latest_ns_;
			latest_ns_ = stamp_ns;
		}
		return now_ns_;
	}

	// Stamps that were before the one before them.
	std::uint64_t early() const { return early_; }

private:
	static constexpr std::uint64_t kSetBackNs = 1'000'000'000;

	std::uint64_t now_ns_;
	std::uint64_t latest_ns_ = 0;
	std::uint64_t previous_ns_ = 0;
	std::uint64_t early_ = 0;
	bool begun_ = false;
};

}  // namespace sluice::cli
