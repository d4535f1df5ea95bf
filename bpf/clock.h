/* What time it is: CLOCK_MONOTONIC at the last tick, ns. The number of the tick is one load, since the verifier puts it in
 * place of the helper's call; the coarse clock is a call, and stands in where ticks do not tell the time. */
#ifndef SLUICE_BPF_CLOCK_H
#define SLUICE_BPF_CLOCK_H

#include "maps.h"
#include "sluice/core/clock.h"

static __always_inline __u64 read_clock(void)
{
	if (config.clock.tick_ns)
		return sluice_clock_at(&config.clock, bpf_jiffies64());
	return bpf_ktime_get_coarse_ns();
}

#endif
