/* Ring 0: SYN cookies of Sluice's own: what the program that sends them and the one that takes them back share. */
#ifndef SLUICE_ABI_COOKIE_H
#define SLUICE_ABI_COOKIE_H

#include "sluice/abi/base.h"

/* A cookie is of the period in which it was sent, and taken back in that one and the next, but for its last second: 68 to 136 s. */
#define SLUICE_COOKIE_PERIOD_SHIFT 36u
/* Until then after the last cookie an ACK that finds a listener may bring one back. */
#define SLUICE_COOKIE_AWAITED_NS (2ull << SLUICE_COOKIE_PERIOD_SHIFT)
/* How long no cookie is sent after the stack refused one that was right. */
#define SLUICE_COOKIE_REST_NS 10000000000ull

/* The one element of `cookies`. Times are CLOCK_MONOTONIC, 0 for never. */
struct sluice_cookies {
	__u64 key[2];          /* of the keyed hash; random per set of pins, mixed with the period */
	__u64 ready;           /* 1: what takes cookies back stands on every guarded interface */
	__u64 sent_mono_ns;    /* the last one, give or take a second */
	__u64 refused_mono_ns; /* the last time that the stack did not take one that was right */
	__u64 taken;           /* handshakes completed by a cookie */
	__u64 refused;
	__u64 reserved;
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_cookies) == SLUICE_CACHE_LINE, "one cache line");

#endif
