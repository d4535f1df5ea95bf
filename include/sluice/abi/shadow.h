/* Ring 0: a candidate policy that judges beside the running one: what is handed from program to program, and what is
 * counted. */
#ifndef SLUICE_ABI_SHADOW_H
#define SLUICE_ABI_SHADOW_H

#include "sluice/abi/base.h"
#include "sluice/abi/counter.h"
#include "sluice/abi/verdict.h"

/* From the running policy's program to the candidate's, about the packet that both judge; one per processor. */
struct sluice_handover {
	__u64 now_mono_ns; /* the time by which both judge */
	__u32 reason;      /* the running policy's */
	__u32 action;      /* what becomes of the packet, whatever the candidate says */
	__u32 service;     /* slot, by the running policy */
	__u32 reserved;
	struct sluice_counter missed; /* packets that reached no candidate */
};

/* `pairs` holds one counter for each of the running policy's reasons with each of the candidate's. Every packet that the
 * candidate judges adds to exactly one. */
#define SLUICE_PAIRS (SLUICE_REASONS * SLUICE_REASONS)

SLUICE_INLINE __u32 sluice_pair(__u32 running, __u32 candidate)
{
	return running * SLUICE_REASONS + candidate;
}

/* `service_pairs`: the same packets by service slot and whether either policy lets them pass: four to a slot. */
#define SLUICE_OUTCOMES 4u
#define SLUICE_SERVICE_PAIRS (SLUICE_MAX_SERVICES * SLUICE_OUTCOMES)

SLUICE_INLINE __u32 sluice_outcome(__u32 running, __u32 candidate)
{
	return (__u32)sluice_reason_passes(running) << 1 | (__u32)sluice_reason_passes(candidate);
}

SLUICE_STATIC_ASSERT(sizeof(struct sluice_handover) == 40, "no hidden padding");

#endif
