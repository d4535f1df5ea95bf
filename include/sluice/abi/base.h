/* Ring 0: what every layout needs: fixed-width types, a static assertion, the ABI's version.
 *
 * Everything under include/sluice compiles as BPF C, C11 and C++20 and includes nothing but
 * <linux/types.h> and its own rings. Numbers, once given, are never reused.
 */
#ifndef SLUICE_ABI_BASE_H
#define SLUICE_ABI_BASE_H

#include <linux/types.h>

/* Raised whenever a pinned layout changes; the loader compares it with the pinned one. */
#define SLUICE_ABI_VERSION 3u

#ifdef __cplusplus
#define SLUICE_STATIC_ASSERT(condition, sentence) static_assert(condition, sentence)
#else
#define SLUICE_STATIC_ASSERT(condition, sentence) _Static_assert(condition, sentence)
#ifndef __bool_true_false_are_defined
#define bool _Bool
#define true 1
#define false 0
#define __bool_true_false_are_defined 1
#endif
#endif

#define SLUICE_INLINE static inline __attribute__((always_inline))

#define SLUICE_CACHE_LINE 64u

/* Longest name of a service, list or limit, with its terminating zero. */
#define SLUICE_NAME_SIZE 64u

/* Slots for services; two are spoken for (see policy.h). */
#define SLUICE_MAX_SERVICES 256u
/* Slots for rules: lists, failsafe entries and limits, each counted under its own number. */
#define SLUICE_MAX_RULES 1024u

#endif
