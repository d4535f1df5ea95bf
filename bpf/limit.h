/* The limits of a decision: buckets (bucket.h) and logs (sliding_log.h).
 *
 * Two passes. First every bucket is asked; the first that refuses ends the packet, and nothing has been written. Then
 * every bucket is charged, each by one compare-and-swap. A bucket that somebody else charged in between is asked
 * again; if it refuses now, the packet is dropped and what was charged before stays charged: the bound is kept on the
 * strict side. The unproved budget is asked before all others, then the widest limit first: once a service is over its
 * rate, a flood of ever new sources touches one cache line and no more.
 */
#ifndef SLUICE_BPF_LIMIT_H
#define SLUICE_BPF_LIMIT_H

#include "bucket.h"
#include "maps.h"
#include "sliding_log.h"
#include "sluice/core/limiter.h"
#include "sluice/core/prove.h"
#include "walk.h"

/* Whose bucket: the identity's, where the limit holds identities. Of a source that is only claimed, the key under which
 * claims are held. */
static __always_inline struct sluice_hash key_of(const struct sluice_limit *limit, const struct sluice_packet *packet,
						 __u32 identity, bool claimed)
{
	struct sluice_addr holder = packet->source;

	if (config.by_identity && limit->scope == SLUICE_SCOPE_IDENTITY) {
		holder = sluice_identity_key(identity);
		return sluice_hash_addr(&config.hash, &holder);
	}
	if (config.by_proof)
		holder = sluice_addr_claimed(holder, claimed);
	return sluice_limit_key(limit, &config.hash, &holder, packet->family);
}

static __always_inline __u32 refusal(int result, const struct sluice_limit *limit, __u32 dimension)
{
	if (result == CHARGE_REFUSED)
		return sluice_refusal(limit->scope, dimension);
	return result == CHARGE_CONTENDED ? SLUICE_CONTENDED : SLUICE_INTERNAL;
}

/* Asks or charges every meter of one limit; false once one refuses, with reason and rule set. Of policies whose limits all are
 * token buckets or leaky buckets, which is the shortest way. */
static __always_inline bool meet_limit(struct walk *walk, __u32 number, __u64 now_mono_ns, bool commit)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct sluice_hash hash;
	__u32 dimension;

	if (!limit) {
		walk->decision = sluice_decided(SLUICE_INTERNAL, 0);
		return false;
	}
	hash = key_of(limit, &walk->packet, walk->facts.lease.slot, walk->decision.claimed);
	for (dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
		const struct sluice_meter *meter = &limit->meter[dimension];
		__u64 amount = sluice_meter_amount(meter, dimension, &walk->packet);
		struct sluice_bucket_set *set;
		int result;

		if (!amount)
			continue;
		set = find_set(meter, hash.set);
		result = commit ? bucket_charged(meter, set, hash.tag, now_mono_ns, amount)
				: bucket_asked(meter, set, hash.tag, sluice_steady_reading(meter, now_mono_ns), amount);
		if (result != CHARGE_ADMITTED) {
			walk->decision = sluice_decided(refusal(result, limit, dimension), limit->rule);
			return false;
		}
	}
	return true;
}

/* The number of the limit before this one, while it holds too; 0: there is none, or it has recovered. */
static __always_inline __u32 predecessor(const struct sluice_limit *limit, __u64 now_mono_ns)
{
	return now_mono_ns < limit->before_until_mono_ns ? limit->before : 0;
}

static __always_inline int meet_meter(const struct sluice_meter *meter, struct sluice_hash hash, __u64 now_mono_ns,
				      __u64 amount, bool commit)
{
	__u64 reading = sluice_meter_reading(meter, now_mono_ns);
	struct sluice_bucket_set *set;

	if (meter->algorithm == SLUICE_SLIDING_LOG)
		return log_met(meter, log_first_line(meter, hash.set), hash.tag, reading, commit);
	set = find_set(meter, hash.set);
	return commit ? bucket_charged(meter, set, hash.tag, now_mono_ns, amount)
		      : bucket_asked_apart(meter, set, hash.tag, reading, amount);
}

/* As meet_limit, of any algorithm. A global function: the verifier judges it once, and nothing of it where no limit needs it. */
__noinline int meet_any_meters(struct walk *walk, __u32 number, __u64 now_mono_ns, bool commit)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct sluice_hash hash;
	__u32 dimension;

	if (!config.any_algorithm || !walk)
		return false;
	if (!limit) {
		walk->decision = sluice_decided(SLUICE_INTERNAL, 0);
		return false;
	}
	hash = key_of(limit, &walk->packet, walk->facts.lease.slot, walk->decision.claimed);
	for (dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
		const struct sluice_meter *meter = &limit->meter[dimension];
		__u64 amount = sluice_meter_amount(meter, dimension, &walk->packet);
		int result;

		if (!amount)
			continue;
		result = meet_meter(meter, hash, now_mono_ns, amount, commit);
		if (result != CHARGE_ADMITTED) {
			walk->decision = sluice_decided(refusal(result, limit, dimension), limit->rule);
			return false;
		}
	}
	return true;
}

/* The limit, and the one before it while that holds too. */
static __always_inline bool meet_any_limit(struct walk *walk, __u32 number, __u64 now_mono_ns, bool commit)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);

	if (!meet_any_meters(walk, number, now_mono_ns, commit))
		return false;
	number = limit ? predecessor(limit, now_mono_ns) : 0;
	return !number || meet_any_meters(walk, number, now_mono_ns, commit);
}

/* As meet_limit, of a budget: a token bucket that stands outside the decision's own limits. A global function: the verifier judges it once. */
__noinline int budget_met(const struct sluice_packet *packet, __u32 number, __u64 now_mono_ns, bool commit)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct sluice_hash hash;
	__u32 dimension;

	if (!packet || !limit)
		return CHARGE_BROKEN;
	hash = key_of(limit, packet, 0, false);
	for (dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
		const struct sluice_meter *meter = &limit->meter[dimension];
		__u64 amount = sluice_meter_amount(meter, dimension, packet);
		struct sluice_bucket_set *set;
		int result;

		if (!amount)
			continue;
		set = find_set(meter, hash.set);
		result = commit ? bucket_charged(meter, set, hash.tag, now_mono_ns, amount)
				: bucket_asked(meter, set, hash.tag, sluice_steady_reading(meter, now_mono_ns), amount);
		if (result != CHARGE_ADMITTED)
			return result;
	}
	return CHARGE_ADMITTED;
}

static __always_inline bool meet_budget(struct walk *walk, __u32 number, __u64 now_mono_ns, bool commit)
{
	int result = budget_met(&walk->packet, number, now_mono_ns, commit);
	const struct sluice_limit *limit;

	if (result == CHARGE_ADMITTED)
		return true;
	limit = bpf_map_lookup_elem(&limits, &number);
	walk->decision = limit ? sluice_decided(refusal(result, limit, 0), limit->rule) : sluice_decided(SLUICE_INTERNAL, 0);
	return false;
}

static __always_inline bool meet_limits(struct walk *walk, __u64 now_mono_ns, bool commit)
{
	__u32 i;

	if (config.by_proof && walk->decision.unproved && !meet_budget(walk, walk->decision.unproved, now_mono_ns, commit))
		return false;
	for (i = 0; i < SLUICE_DECISION_LIMITS; i++) {
		__u32 number = walk->decision.limit[i];

		if (!number)
			continue;
		if (config.any_algorithm ? !meet_any_limit(walk, number, now_mono_ns, commit)
					 : !meet_limit(walk, number, now_mono_ns, commit))
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
