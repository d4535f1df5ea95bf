/* Ring 1: the limiter's arithmetic: GCRA over a set of tagged buckets.
 *
 * The bound. A key's bucket admits a charge only if its level stays at or under `burst`, whatever the number of processors,
 * because a charge is one compare-and-swap.
 *   - token bucket, leaky bucket: levels sink at the meter's rate and no faster: in any window, admitted <= burst + rate *
 *     (window + clock tick + 2^16 ns), rounded up to a whole charge. The two are one algorithm (ITU-T I.371 proves it of the
 *     virtual scheduling algorithm and the continuous-state leaky bucket); what differs is the burst of whoever names none.
 *   - fixed window: levels stay until the window's edge, and there all are gone: admitted <= burst in each window, hence
 *     2 * burst across an edge. A processor that is late with its clock counts in the window that it believes in.
 *   - sliding log: core/sliding_log.h.
 *
 * A refused charge writes nothing.
 *
 * A full set. A key without a bucket takes over the way whose reading is lowest. If that way is empty (its
 * reading lies in the past) it carries no information and the key starts from zero. If not, the key takes over the
 * level too: it is held more strictly than it should be, never less, and so is the key that was displaced
 * when it returns. A way's reading only ever grows, hence
 *   - nobody is refilled: the lowest reading of the set is never below that with which a key was displaced;
 *   - no key has two buckets: of two processors that insert the same key at once, the second either finds the first
 *     one's tag, or chose a way that was written since it looked, and its compare-and-swap fails.
 *
 * Readings are modulo 2^44 units. A bucket that was not charged for a whole turn (months at common rates) can for the
 * length of its burst look filled; it is held more strictly then, never less.
 */
#ifndef SLUICE_CORE_LIMITER_H
#define SLUICE_CORE_LIMITER_H

#include "sluice/abi/limit.h"
#include "sluice/core/addr.h"
#include "sluice/core/hash.h"
#include "sluice/core/packet.h"

/* Whose bucket: of all sources, where the limit holds them as a whole; else of the source's prefix. */
SLUICE_INLINE struct sluice_hash sluice_limit_key(const struct sluice_limit *limit, const volatile struct sluice_hash_key *key,
						  const struct sluice_addr *source, __u32 family)
{
	struct sluice_hash everybody = {0, 1};
	struct sluice_addr prefix;

	if (sluice_has_one_key(limit->scope))
		return everybody;
	prefix = sluice_addr_masked(source, &limit->mask[family & 1]);
	return sluice_hash_addr(key, &prefix);
}

/* Units that a packet costs on a meter; 0 where it does not count, or the limit has no such meter. */
SLUICE_INLINE __u64 sluice_meter_amount(const struct sluice_meter *meter, __u32 dimension, const struct sluice_packet *packet)
{
	if (!meter->speed)
		return 0;
	if (dimension == SLUICE_BITS)
		return meter->cost * packet->length;
	if (dimension == SLUICE_CONNECTIONS && !packet->opens_connection)
		return 0;
	return meter->cost;
}

/* Cache lines of the meter's region. */
SLUICE_INLINE __u64 sluice_meter_lines(const struct sluice_meter *meter)
{
	return (meter->set_mask + 1ull) * (meter->algorithm == SLUICE_SLIDING_LOG ? SLUICE_LOG_LINES : 1);
}

/* Since the meter's epoch; none at a time before it, as that of a packet may be by a tick. */
SLUICE_INLINE __u64 sluice_meter_age_ns(const struct sluice_meter *meter, __u64 now_mono_ns)
{
	__u64 since_ns = now_mono_ns - meter->epoch_mono_ns;

	return since_ns & ((since_ns >> 63) - 1);
}

/* Units that have passed since the meter's zero, modulo 2^44: three times the same question.
 *
 * Of a token bucket, a leaky bucket or a sliding log, which counts ticks. */
SLUICE_INLINE __u64 sluice_steady_reading(const struct sluice_meter *meter, __u64 now_mono_ns)
{
	__u64 ticks = sluice_meter_age_ns(meter, now_mono_ns) >> SLUICE_TICK_SHIFT;

	return (meter->base + (ticks * meter->speed >> SLUICE_SPEED_SHIFT)) & SLUICE_READING_MASK;
}

/* Of a fixed window. Requires window_s != 0. */
SLUICE_INLINE __u64 sluice_window_reading(const struct sluice_meter *meter, __u64 now_mono_ns)
{
	__u64 edges = sluice_meter_age_ns(meter, now_mono_ns) / (meter->window_s * 1000000000ull);

	return (meter->base + edges * meter->speed) & SLUICE_READING_MASK;
}

/* Of any. */
SLUICE_INLINE __u64 sluice_meter_reading(const struct sluice_meter *meter, __u64 now_mono_ns)
{
	if (meter->algorithm == SLUICE_FIXED_WINDOW && meter->window_s)
		return sluice_window_reading(meter, now_mono_ns);
	return sluice_steady_reading(meter, now_mono_ns);
}

/* How full the bucket is, in units: 0 when its reading has passed. */
SLUICE_INLINE __u64 sluice_bucket_level(const struct sluice_meter *meter, __u64 bucket, __u64 reading)
{
	__u64 ahead = (bucket - reading) & SLUICE_READING_MASK;

	return ahead <= meter->horizon ? ahead : 0;
}

/* Where a key's bucket is, or would be: the way's number in the lower 3 bits, above it the way's age, or
 * SLUICE_PLACE_OWN where the way bears the key's tag. One number, compared whole: the largest is the place. */
#define SLUICE_PLACE_SHIFT 3u
#define SLUICE_PLACE_OWN (1ull << 60)

/* How long ago a way was empty, in units; counted from the horizon, so that ways that are not empty come last, the
 * fullest at the very end. */
SLUICE_INLINE __u64 sluice_way_age(const struct sluice_meter *meter, __u64 way, __u64 reading)
{
	return (reading + meter->horizon - way) & SLUICE_READING_MASK;
}

/* The place of the way with the lowest reading, the first among equals; or the key's own, should it be there by now. Each
 * way is read once, for both questions: had its tag been read before its reading, a key that another processor inserts in
 * between would get a second bucket. Without a branch on readings, since their outcome is the attacker's choice. Places
 * are below 2^61, so that a difference's sign is that of the comparison. */
SLUICE_INLINE __u64 sluice_limiter_emptiest(const struct sluice_meter *meter, const volatile struct sluice_bucket_set *set,
					    __u32 tag, __u64 reading)
{
	__u64 best = 0;
	__u32 i;

	for (i = 0; i < SLUICE_WAYS; i++) {
		__u64 way = set->way[i];
		__u64 place = sluice_way_age(meter, way, reading) << SLUICE_PLACE_SHIFT | (SLUICE_WAYS - 1 - i);

		if (way >> SLUICE_READING_BITS == tag)
			return SLUICE_PLACE_OWN | (SLUICE_WAYS - 1 - i);
		best += (place - best) & (0 - ((best - place) >> 63));
	}
	return best;
}

SLUICE_INLINE __u64 sluice_limiter_place(const struct sluice_meter *meter, const volatile struct sluice_bucket_set *set,
					 __u32 tag, __u64 reading)
{
	__u32 i;

	for (i = 0; i < SLUICE_WAYS; i++) {
		if (set->way[i] >> SLUICE_READING_BITS == tag)
			return SLUICE_PLACE_OWN | (SLUICE_WAYS - 1 - i);
	}
	return sluice_limiter_emptiest(meter, set, tag, reading);
}

/* What a charge would do to a way. */
struct sluice_charge {
	__u64 seen;    /* the way as it was read */
	__u64 next;    /* the way as it will be; only if admitted */
	__u32 way;
	bool admitted;
	bool stale;    /* the way changed under the reader: ask again */
};

/* Offers `amount` units to the bucket `tag` of `set`. Writes nothing: if admitted and not stale, the caller
 * swaps way `way` from `seen` to `next`, and asks again if that fails. An amount above the burst is never admitted. */
SLUICE_INLINE struct sluice_charge sluice_limiter_offer(const struct sluice_meter *meter,
							const volatile struct sluice_bucket_set *set, __u32 tag,
							__u64 reading, __u64 amount)
{
	__u64 place = sluice_limiter_place(meter, set, tag, reading);
	struct sluice_charge charge = {};
	__u64 level;

	charge.way = SLUICE_WAYS - 1 - (place & (SLUICE_WAYS - 1));
	charge.seen = set->way[charge.way];
	if (place >= SLUICE_PLACE_OWN)
		charge.stale = charge.seen >> SLUICE_READING_BITS != tag;
	else /* every write moves a reading on: the same age is the same way */
		charge.stale = sluice_way_age(meter, charge.seen, reading) != place >> SLUICE_PLACE_SHIFT;
	level = sluice_bucket_level(meter, charge.seen, reading) + amount;
	charge.admitted = level <= meter->burst;
	charge.next = (__u64)tag << SLUICE_READING_BITS | ((reading + level) & SLUICE_READING_MASK);
	return charge;
}

#endif
