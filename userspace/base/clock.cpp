#include "base/clock.h"

#include <ctime>

namespace sluice {
namespace {

std::uint64_t read_clock(clockid_t clock)
{
	timespec now{};
	::clock_gettime(clock, &now);
	return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t SystemClock::mono_ns() const
{
	return read_clock(CLOCK_MONOTONIC);
}

std::uint64_t SystemClock::coarse_mono_ns() const
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

std::uint64_t SystemClock::boot_ns() const
{
	return read_clock(CLOCK_BOOTTIME);
}

std::uint64_t SystemClock::unix_ns() const
{
	return read_clock(CLOCK_REALTIME);
}

}  // namespace sluice
