/* Ring 0: the clock that packets are judged by: CLOCK_MONOTONIC, told from the number of the kernel's tick. */
#ifndef SLUICE_ABI_CLOCK_H
#define SLUICE_ABI_CLOCK_H

#include "sluice/abi/base.h"

/* How to tell the time from the tick. */
struct sluice_clock {
	__u64 tick_ns;      /* between two ticks; 0: it cannot be told, the kernel is asked each time */
	__u64 zero_ticks;   /* some tick */
	__u64 zero_mono_ns; /* CLOCK_MONOTONIC at its beginning */
};

/* Both clocks, read at one instant. */
struct sluice_clock_sample {
	__u64 ticks; /* 0: a tick passed in between */
	__u64 mono_ns;
};

#endif
