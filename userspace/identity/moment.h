// Moment: a second of the wall clock, and how far two wall clocks may differ.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sluice::identity {

using Moment = std::chrono::sys_seconds;

inline Moment moment_of_unix_ns(std::uint64_t unix_ns)
{
	return Moment(std::chrono::seconds(unix_ns / 1'000'000'000));
}

// How much another clock may be ahead of or behind ours. Never more than a minute: whoever asks for more gets a minute.
class Skew {
public:
	static constexpr std::chrono::seconds kMost{60};

	constexpr Skew() = default;
	constexpr explicit Skew(std::chrono::seconds allowed) : allowed_(std::clamp(allowed, std::chrono::seconds(0), kMost)) {}

	constexpr std::chrono::seconds seconds() const { return allowed_; }

private:
	std::chrono::seconds allowed_ = kMost;
};

// From..until as somebody else's clock wrote them, judged by ours. `until` is the first second that is refused.
inline bool is_early(Moment now, Moment from, Skew skew)
{
	return now + skew.seconds() < from;
}
inline bool is_over(Moment now, Moment until, Skew skew)
{
	return now - skew.seconds() >= until;
}

}  // namespace sluice::identity
