/* The limits of a decision: state and atomicity around core/limiter.h.
 *
 * Two passes. First every bucket is asked; the first that refuses ends the packet, and nothing has been written. Then
 * every bucket is charged, each by one compare-and-swap. A bucket that somebody else charged in between is asked
 * again; if it refuses now, the packet is dropped and what was charged before stays charged: the bound is kept on the
 * strict side. The widest limit is asked first: once a service is over its rate, a flood of ever new sources touches
 * one cache line and no more.
 */
#ifndef SLUICE_BPF_LIMIT_H
#define SLUICE_BPF_LIMIT_H

#include "maps.h"
#include "sluice/core/addr.h"
#include "sluice/core/hash.h"
#include "sluice/core/limiter.h"
#include "walk.h"

/* A charge fails only if another processor charged the same way; each failure is somebody else's success. */
#define CHARGE_ATTEMPTS 8

enum charge_result {
	CHARGE_ADMITTED,
	CHARGE_REFUSED,
	CHARGE_CONTENDED,
	CHARGE_BROKEN,
};

static __always_inline struct sluice_bucket_set *find_set(const struct sluice_meter *meter, __u32 hash)
{
	__u32 index = meter->first_set + (hash & meter->set_mask);

	return bpf_map_lookup_elem(&buckets, &index);
}

static __always_inline struct sluice_hash key_of(const struct sluice_limit *limit, const struct sluice_packet *packet)
{
	struct sluice_addr key = sluice_addr_masked(&packet->source, &limit->mask[packet->family & 1]);

	return sluice_hash_addr(&config.hash, &key);
}

/* Asks a bucket. */
static __always_inline int bucket_asked(const struct sluice_meter *meter, struct sluice_bucket_set *set, __u32 tag,
			    __u64 now_mono_ns, __u64 amount)
{
	if (!set)
		return CHARGE_BROKEN;
	return sluice_limiter_offer(meter, set, tag, sluice_meter_reading(meter, now_mono_ns), amount).admitted
		   ? CHARGE_ADMITTED
		   : CHARGE_REFUSED;
}

/* Charges a bucket. A global function: the verifier judges it once. Only packets that pass come here. */
__noinline int bucket_charged(const struct sluice_meter *meter, struct sluice_bucket_set *set, __u32 tag,
			      __u64 now_mono_ns, __u64 amount)
{
	__u64 reading;
	int attempt;

	if (!meter || !set)
		return CHARGE_BROKEN;
	reading = sluice_meter_reading(meter, now_mono_ns);
	for (attempt = 0; attempt < CHARGE_ATTEMPTS; attempt++) {
		struct sluice_charge charge = sluice_limiter_offer(meter, set, tag, reading, amount);
		__u64 *way = &set->way[charge.way & (SLUICE_WAYS - 1)];

		if (charge.stale)
			continue;
		if (!charge.admitted)
			return CHARGE_REFUSED;
		if (__sync_val_compare_and_swap(way, charge.seen, charge.next) == charge.seen)
			return CHARGE_ADMITTED;
	}
	return CHARGE_CONTENDED;
}

static __always_inline __u32 refusal(int result, const struct sluice_limit *limit, __u32 dimension)
{
	if (result == CHARGE_REFUSED)
		return SLUICE_SERVICE_PACKETS + limit->scope * SLUICE_DIMENSIONS + dimension;
	return result == CHARGE_CONTENDED ? SLUICE_CONTENDED : SLUICE_INTERNAL;
}

/* Asks or charges every meter of one limit; false once one refuses, with reason and rule set. */
static __always_inline bool meet_limit(struct walk *walk, __u32 number, __u64 now_mono_ns, bool commit)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct sluice_hash hash;
	__u32 dimension;

	if (!limit) {
		walk->decision = sluice_decided(SLUICE_INTERNAL, 0);
		return false;
	}
	hash = key_of(limit, &walk->packet);
	for (dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
		const struct sluice_meter *meter = &limit->meter[dimension];
		__u64 amount = sluice_meter_amount(meter, dimension, &walk->packet);
		struct sluice_bucket_set *set;
		int result;

		if (!amount)
			continue;
		set = find_set(meter, hash.set);
		result = commit ? bucket_charged(meter, set, hash.tag, now_mono_ns, amount)
				: bucket_asked(meter, set, hash.tag, now_mono_ns, amount);
		if (result != CHARGE_ADMITTED) {
			walk->decision = sluice_decided(refusal(result, limit, dimension), limit->rule);
			return false;
		}
	}
	return true;
}

static __always_inline bool meet_limits(struct walk *walk, __u64 now_mono_ns, bool commit)
{
	__u32 i;

	for (i = 0; i < SLUICE_DECISION_LIMITS; i++) {
		__u32 number = walk->decision.limit[i];

		if (number && !meet_limit(walk, number, now_mono_ns, commit))
			return false;
	}
	return true;
}

static __always_inline void limit(struct walk *walk, __u64 now_mono_ns, bool charge)
{
	if (meet_limits(walk, now_mono_ns, false) && charge)
		meet_limits(walk, now_mono_ns, true);
}

#endif
