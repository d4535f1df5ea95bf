/* Ring 0: limits as the kernel knows them: meters, and the sets of buckets that they fill.
 *
 * A meter is a clock that runs at a limit's rate. It counts units; a packet (or a byte, or a new
 * connection) costs a fixed number of them. A bucket stores one number: the meter reading at which it will be
 * empty again (the "theoretical arrival time" of GCRA, ITU-T I.371). Levels are therefore kept in what the
 * limit counts, not in time, and a change of rate is a change of the meter's speed: no bucket is touched,
 * none is refilled.
 *
 * Token bucket and leaky bucket are this one arithmetic. A fixed window is it too, with a meter that stands still within
 * a window and moves past every level at its edge. A sliding log keeps the time of every charge instead: see
 * core/sliding_log.h.
 *
 * A meter owns a region of the bucket table: a power of two of sets, each one cache line of eight
 * ways. Which set and which tag a key has is decided by a hash whose keys are random per boot.
 */
#ifndef SLUICE_ABI_LIMIT_H
#define SLUICE_ABI_LIMIT_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"

/* What a limit counts. The order is that of the reasons in reasons.def. */
enum sluice_dimension {
	SLUICE_PACKETS = 0,
	SLUICE_BITS = 1,
	SLUICE_CONNECTIONS = 2,
	SLUICE_DIMENSIONS = 3,
};

/* Whom a limit holds. Reason of a refusal: sluice_refusal() of core/decide.h. */
enum sluice_scope {
	SLUICE_SCOPE_SERVICE = 0, /* all sources of a service together */
	SLUICE_SCOPE_SOURCE = 1,  /* each source of a service */
	SLUICE_SCOPE_PREFIX = 2,  /* each prefix of a service */
	SLUICE_SCOPE_LIST = 3,    /* each source of a list, in place of SOURCE and PREFIX */
	SLUICE_SCOPE_IDENTITY = 4, /* each identity of a service, in place of SERVICE, SOURCE and PREFIX */
	SLUICE_SCOPE_UNPROVED = 5, /* all sources of a service together whose path is not proved */
	SLUICE_SCOPE_REPLIES = 6,  /* SYN cookies, all together */
	SLUICE_SCOPE_REPLIES_PREFIX = 7, /* those to each prefix */
	SLUICE_SCOPES = 8,
};

/* Limits under which all whom they hold share one level, one bit each by scope. */
#define SLUICE_ONE_KEY (1u << SLUICE_SCOPE_SERVICE | 1u << SLUICE_SCOPE_UNPROVED | 1u << SLUICE_SCOPE_REPLIES)

SLUICE_INLINE bool sluice_has_one_key(__u32 scope)
{
	return SLUICE_ONE_KEY >> scope & 1;
}

/* How a limit counts; core/limiter.h has each one's bound. */
enum sluice_algorithm {
	SLUICE_TOKEN_BUCKET = 0,
	SLUICE_LEAKY_BUCKET = 1,
	SLUICE_FIXED_WINDOW = 2,
	SLUICE_SLIDING_LOG = 3,
	SLUICE_ALGORITHMS = 4,
};

/* A bucket: tag in the upper 20 bits, meter reading modulo 2^44 in the lower 44. */
#define SLUICE_READING_BITS 44u
#define SLUICE_READING_MASK ((1ull << SLUICE_READING_BITS) - 1)
#define SLUICE_TAG_BITS 20u

/* Meters advance once per tick of 2^16 ns; their speed has 16 fractional bits. */
#define SLUICE_TICK_SHIFT 16u
#define SLUICE_SPEED_SHIFT 16u

#define SLUICE_WAYS 8u

/* A set of a sliding log: so many cache lines, that is, words. And how many of them one key may have. */
#define SLUICE_LOG_LINES 16u
#define SLUICE_LOG_WORDS (SLUICE_LOG_LINES * SLUICE_WAYS)
#define SLUICE_LOG_STAMPS 64u

struct sluice_bucket_set {
	__u64 way[SLUICE_WAYS];
} __attribute__((aligned(8)));

struct sluice_meter {
	__u64 epoch_mono_ns; /* CLOCK_MONOTONIC when the reading was `base` */
	__u64 base;          /* units; of a sliding log, ticks */
	__u64 speed;         /* units per tick, 16 fractional bits, rounded down; of a fixed window, units per window, no
			      * fewer than any level; 0: the meter is absent */
	__u64 cost;          /* units per packet, per byte (SLUICE_BITS) or per connection; of a sliding log, 1 */
	__u64 burst;         /* units: the highest level a charge may reach; of a sliding log, charges in a window */
	__u64 horizon;       /* as base: the highest level that a bucket of the region can be seen at: the highest burst that
			      * it was filled by, and what passes while a processor is late with the clock it has read */
	__u32 first_set;     /* region in the bucket table: its first cache line */
	__u32 set_mask;      /* number of sets - 1 */
	__u32 window_s;      /* length of a window; 0 where the algorithm has none */
	__u8 algorithm;      /* enum sluice_algorithm */
	__u8 reserved[3];
};

/* A limit: up to three meters over the same keys. Limit 0 is "no limit". */
struct sluice_limit {
	struct sluice_addr mask[SLUICE_FAMILIES]; /* what of an address is the key; all zero: one key for all */
	__u16 rule;                               /* its own number in the rule counters */
	__u8 scope;                               /* enum sluice_scope */
	__u8 retired;                             /* 1: holds no packet, here for the levels that its meters keep */
	__u16 before;                             /* the limit that holds its packets too, until: what it was by an algorithm
						   * whose levels mean nothing to this one; 0: none */
	__u16 reserved;
	__u64 before_until_mono_ns;               /* of that one as well: then it has recovered, whatever it was charged before */
	__u8 reserved_too[16];
	struct sluice_meter meter[SLUICE_DIMENSIONS];
};

/* Keys of the source hash, random per boot: see core/hash.h. */
struct sluice_hash_key {
	__u64 multiplier[2][4];
	__u64 addend[2];
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_bucket_set) == SLUICE_CACHE_LINE, "a set is one cache line");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_meter) == SLUICE_CACHE_LINE, "a meter is one cache line");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_limit) == 4 * SLUICE_CACHE_LINE, "a limit is four cache lines");
SLUICE_STATIC_ASSERT(SLUICE_READING_BITS + SLUICE_TAG_BITS == 64, "a bucket is one word");

#endif
