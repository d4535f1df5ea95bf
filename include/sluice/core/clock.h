/* Ring 1: the time of a tick. */
#ifndef SLUICE_CORE_CLOCK_H
#define SLUICE_CORE_CLOCK_H

#include "sluice/abi/clock.h"

/* CLOCK_MONOTONIC at the beginning of a tick, ns. Requires clock->tick_ns. */
SLUICE_INLINE __u64 sluice_clock_at(const volatile struct sluice_clock *clock, __u64 ticks)
{
	return clock->zero_mono_ns + (ticks - clock->zero_ticks) * clock->tick_ns;
}

#endif
