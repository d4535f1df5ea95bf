// TickClock: how the number of the kernel's tick tells CLOCK_MONOTONIC (abi/clock.h).
//
// With high-resolution timers the kernel counts ticks by CLOCK_MONOTONIC itself: tick n begins at zero + n * length, for
// as long as the machine is up. Hence a measurement of a few ticks holds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "sluice/abi/clock.h"

namespace sluice::kernel {

// Watches a few ticks go by, some ten milliseconds. Error kUnsupported where this kernel's ticks do not tell the time;
// any other where they could not be watched.
Result<sluice_clock> measure_tick_clock();

// The clock of those samples, the first after a tick among them; none if they contradict `tick_ns`.
std::optional<sluice_clock> clock_of(std::span<const sluice_clock_sample> samples, std::uint64_t tick_ns);

}  // namespace sluice::kernel
