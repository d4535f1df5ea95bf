/* Ring 1: the limiter's arithmetic: GCRA over a set of tagged buckets.
 *
 * The bound. A key's bucket admits a charge only if its level stays at or under `burst`, and levels sink at the
 * meter's rate and no faster: in any window, admitted <= burst + rate * (window + clock tick), whatever the number
 * of processors, because a charge is one compare-and-swap.
 *
 * A refused charge writes nothing.
 *
 * A full set. A key without a bucket takes over the way whose reading is lowest. If that way is empty (its
 * reading lies in the past) it carries no information and the key starts from zero. If not, the key takes over the
 * level too: it is held more strictly than it should be, never less, and so is the key that was displaced
 * when it returns. A way's reading only ever grows, hence
 *   - nobody is refilled: the lowest reading of the set is never below that with which a key was displaced;
 *   - no key has two buckets: two processors that insert the same key at once choose the same way, or one of them
 *     sees the other's write; the second compare-and-swap on a way fails.
 *
 * Readings are modulo 2^44 units. A bucket that was not charged for a whole turn (months at common rates) can for the
 * length of its burst look filled; it is held more strictly then, never less.
 */
#ifndef SLUICE_CORE_LIMITER_H
#define SLUICE_CORE_LIMITER_H

#include "sluice/abi/limit.h"

/* Units that have passed since the meter's zero, modulo 2^44. Requires now_mono_ns >= epoch. */
SLUICE_INLINE __u64 sluice_meter_reading(const struct sluice_meter *meter, __u64 now_mono_ns)
{
	__u64 ticks = (now_mono_ns - meter->epoch_mono_ns) >> SLUICE_TICK_SHIFT;

	return (meter->base + (ticks * meter->speed >> SLUICE_SPEED_SHIFT)) & SLUICE_READING_MASK;
}

/* How full the bucket is, in units: 0 when its reading has passed. */
SLUICE_INLINE __u64 sluice_bucket_level(const struct sluice_meter *meter, __u64 bucket, __u64 reading)
{
	__u64 ahead = (bucket - reading) & SLUICE_READING_MASK;

	return ahead <= meter->horizon ? ahead : 0;
}

/* What a charge would do to a set. */
struct sluice_charge {
	__u64 seen;    /* the way as it was read */
	__u64 next;    /* the way as it will be; only if admitted */
	__u32 way;
	bool admitted;
};

/* Offers `amount` units to the bucket `tag` of `set`. Pure: `set` is read once, way by way; the caller swaps
 * way `way` from `seen` to `next`, and asks again if that fails. An amount above the burst is never admitted. */
SLUICE_INLINE struct sluice_charge sluice_limiter_offer(const struct sluice_meter *meter,
							const volatile struct sluice_bucket_set *set, __u32 tag,
							__u64 reading, __u64 amount)
{
	struct sluice_charge charge = {};
	__u64 oldest = 0;
	__u64 level;
	__u32 i;

	for (i = 0; i < SLUICE_WAYS; i++) {
		__u64 way = set->way[i];
		/* How long ago the way was, or will be, empty: the larger, the lower its reading. The offset keeps
		 * levels up to the horizon in order behind everything that has passed. */
		__u64 age = (reading + meter->horizon - way) & SLUICE_READING_MASK;

		if (way >> SLUICE_READING_BITS == tag) {
			charge.seen = way;
			charge.way = i;
			break;
		}
		if (i == 0 || age > oldest) {
			oldest = age;
			charge.seen = way;
			charge.way = i;
		}
	}
	level = sluice_bucket_level(meter, charge.seen, reading) + amount;
	charge.admitted = level <= meter->burst;
	charge.next = (__u64)tag << SLUICE_READING_BITS | ((reading + level) & SLUICE_READING_MASK);
	return charge;
}

#endif
