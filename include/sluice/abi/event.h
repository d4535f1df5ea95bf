/* Ring 0: sampled events, from the packet path to whoever reads the ring buffer. */
#ifndef SLUICE_ABI_EVENT_H
#define SLUICE_ABI_EVENT_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"

/* A drop, or in observe mode what would have been one. */
struct sluice_event {
	__u64 mono_ns; /* CLOCK_MONOTONIC, coarse */
	struct sluice_addr source;
	struct sluice_addr destination;
	__u32 length; /* bytes of the frame */
	__u32 interface_index;
	__u32 generation;
	__u16 source_port; /* host order; 0 where there is none */
	__u16 destination_port;
	__u16 service;
	__u16 rule;
	__u8 reason;
	__u8 protocol;
	__u8 family; /* SLUICE_IPV4, SLUICE_IPV6 */
	__u8 observed; /* 1: judged only, the packet passed */
	__u32 identity; /* slot of the identity whose packet it was; 0: nobody's */
	__u32 reserved;
};

/* The events' own limiter: per processor and reason, at most events_per_window in each window. */
#define SLUICE_EVENT_WINDOW_SHIFT 26u /* 67 ms */
struct sluice_event_gauge {
	__u64 window; /* number of the window that `used` counts */
	__u64 used;
	__u64 lost; /* events that were not written: over the limit, or no room in the ring */
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_event) == 72, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_event_gauge) == 24, "no hidden padding");

#endif
