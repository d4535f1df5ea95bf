/* Ring 0: counters, one pair per processor. They outlive policies and daemons. */
#ifndef SLUICE_ABI_COUNTER_H
#define SLUICE_ABI_COUNTER_H

#include "sluice/abi/base.h"
#include "sluice/abi/verdict.h"

struct sluice_counter {
	__u64 packets;
	__u64 bytes; /* whole frames, link header included */
};

/* `counters` holds one per service slot and reason: index service * SLUICE_REASONS + reason. Every packet adds to
 * exactly one. `rule_counters` holds one per rule number, for the packets that a rule decided. */
#define SLUICE_COUNTERS (SLUICE_MAX_SERVICES * SLUICE_REASONS)

SLUICE_STATIC_ASSERT(sizeof(struct sluice_counter) == 16, "no hidden padding");

#endif
