// Meters: rates and bursts of people as the kernel's units and ticks (include/sluice/abi/limit.h).
//
// A packet, byte or connection costs so many units that the meter runs at about 2^22 units a second: fine enough for
// rounding down to lose nothing that anybody sees, slow enough for a reading to come round only after weeks. What is
// rounded is rounded down: the bound is kept.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "policy/model.h"
#include "sluice/abi/limit.h"

namespace sluice::policy {

// Of the kernel's coarse clock, as distributions configure it.
inline constexpr std::uint64_t kTicksPerSecond = 250;

// Whether an algorithm admits so many in each period of the rate, and knows no burst.
constexpr bool counts_in_windows(sluice_algorithm algorithm)
{
	return algorithm == SLUICE_FIXED_WINDOW || algorithm == SLUICE_SLIDING_LOG;
}

// Cost, speed, burst and horizon of a meter that starts at nothing; its region and epoch are the caller's. With
// `kept_cost`, that cost if the meter can be expressed with it. Error kInvalid, with advice, when no tick of the clock
// can express it: the rate rounds down by more than a hundredth, or the reading would come round within seconds.
Result<sluice_meter> express(const Meter& meter, sluice_dimension dimension, sluice_algorithm algorithm = SLUICE_TOKEN_BUCKET,
			     std::uint64_t kept_cost = 0);

// `fresh`, beginning at that time from that reading. Windows begin at multiples of their length since boot.
sluice_meter begun(sluice_meter fresh, std::uint64_t reading, std::uint64_t now_mono_ns);

// Ticks that a new sliding log begins at: past any window, so that a change to a longer one does not reach back to words that
// were never written.
inline constexpr std::uint64_t kLogStart = 3600'000'000'000 >> SLUICE_TICK_SHIFT;

// Nanoseconds after which nobody is held by what the meter was charged until now.
std::uint64_t recovery_of(const sluice_meter& meter);

// Whether two algorithms keep the same in their regions: levels, or the times of charges.
constexpr bool keep_alike(unsigned one, unsigned other)
{
	return (one == SLUICE_SLIDING_LOG) == (other == SLUICE_SLIDING_LOG);
}

// Whether the levels that `previous` left mean the same to `next`: units of one size, and no level past a window's edge.
bool can_continue(const sluice_meter& next, const sluice_meter& previous);
// `next`, going on where `previous` stands at that time: the same reading, the same region, and so the same levels,
// whatever the two algorithms. A sliding log of another window begins that much earlier or later, so that every charge
// leaves when the new window says. Requires can_continue() and now_mono_ns >= previous.epoch_mono_ns.
sluice_meter continued(sluice_meter next, const sluice_meter& previous, std::uint64_t now_mono_ns);

}  // namespace sluice::policy
