/* The program asked instead of met: two more ways in, which no interface ever runs. Both take the packet's own way
 * (sluice.bpf.c); the program on the wire has not one instruction of this.
 *
 *   sluice_explain  judges one packet by the state as it is: asks every limit, charges none, counts nothing
 *   sluice_replay   judges one packet by a clock that is given, and charges and counts in maps of its own
 */
#ifndef SLUICE_BPF_EXPLAIN_H
#define SLUICE_BPF_EXPLAIN_H

#include "limit.h"
#include "maps.h"
#include "sluice/abi/explanation.h"
#include "walk.h"

/* holds: what the last packet came to
 * written by: this file; read by: whoever ran the packet; lifetime: as the program; when full: never */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_explanation);
} explanation SEC(".maps");

/* holds: the time of the next packet of a replay, ns
 * written by: userspace/kernel/replay_gate; read by: sluice_replay; lifetime: as the program; when full: never */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} replay_clock SEC(".maps");

/* All but the limits. */
static __always_inline void explain_walk(struct sluice_explanation *out, const struct walk *walk, __u64 now_mono_ns)
{
	out->now_mono_ns = now_mono_ns;
	out->source = walk->packet.source;
	out->destination = walk->packet.destination;
	out->length = walk->packet.length;
	out->reason = walk->decision.reason;
	out->source_port = walk->packet.source_port;
	out->destination_port = walk->packet.destination_port;
	out->rule = walk->decision.rule;
	out->service = walk->facts.slot;
	out->list = walk->facts.source.rule;
	out->protocol = walk->packet.protocol;
	out->family = walk->packet.family;
	out->listed = walk->facts.source.listed;
	out->banned = walk->facts.banned;
	out->fragment = walk->packet.fragment;
	out->lease = walk->facts.lease.state;
	out->lease_length = walk->facts.lease.length;
	out->identity = walk->facts.lease.slot;
	out->roles = walk->facts.lease.roles;
	out->path = walk->path;
}

/* The next of `asked`; the last one again should there be more, which the number of limits forbids. */
static __always_inline struct sluice_asked *next_asked(struct sluice_explanation *out)
{
	__u32 at = out->count;

	if (at >= SLUICE_MAX_ASKED)
		return &out->asked[SLUICE_MAX_ASKED - 1];
	out->count = at + 1;
	return &out->asked[at];
}

static __always_inline void explain_bucket(struct sluice_asked *asked, const struct sluice_meter *meter, struct sluice_hash hash,
					   __u64 now_mono_ns)
{
	const struct sluice_bucket_set *set = find_set(meter, hash.set);
	__u64 reading = sluice_meter_reading(meter, now_mono_ns);
	struct sluice_charge charge;

	if (!set)
		return;
	charge = sluice_limiter_offer(meter, set, hash.tag, reading, asked->amount);
	asked->level = ((charge.next - reading) & SLUICE_READING_MASK) - asked->amount;
	asked->refuses = !charge.admitted;
}

static __always_inline void explain_log(struct sluice_asked *asked, const struct sluice_meter *meter, struct sluice_hash hash,
					__u64 now_mono_ns)
{
	struct sluice_log_view view = {};

	if (!log_viewed(&view, meter, log_first_line(meter, hash.set), hash.tag, sluice_steady_reading(meter, now_mono_ns)))
		return;
	asked->level = view.level;
	asked->refuses = !sluice_log_admits(&view, meter);
	if (asked->refuses)
		asked->wait_ticks = sluice_log_wait(&view, meter);
}

/* Every meter of one limit; the number of the one before it that holds too. A global function: the verifier judges it once. */
__noinline int explain_limit(struct sluice_explanation *out, const struct sluice_packet *packet, __u32 number, bool claimed)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct sluice_hash hash;
	__u32 dimension;

	if (!out || !packet || !limit)
		return 0;
	hash = key_of(limit, packet, out->identity, claimed);
	for (dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
		const struct sluice_meter *meter = &limit->meter[dimension];
		__u64 amount = sluice_meter_amount(meter, dimension, packet);
		struct sluice_asked *asked;

		if (!amount)
			continue;
		asked = next_asked(out);
		asked->amount = amount;
		asked->limit = number;
		asked->dimension = dimension;
		if (meter->algorithm == SLUICE_SLIDING_LOG)
			explain_log(asked, meter, hash, out->now_mono_ns);
		else
			explain_bucket(asked, meter, hash, out->now_mono_ns);
	}
	return predecessor(limit, out->now_mono_ns);
}

/* A limit, and the one before it while that holds too. */
static __always_inline void explain_asked(struct sluice_explanation *out, const struct sluice_packet *packet, __u32 number,
					  bool claimed)
{
	__u32 before = explain_limit(out, packet, number, claimed);

	if (before)
		explain_limit(out, packet, before, claimed);
}

/* Of a packet that was judged: the limits that had a say. A refusal has taken them off the decision, so it is made again. */
static __always_inline void explain_limits(struct sluice_explanation *out, const struct walk *walk)
{
	struct sluice_decision asked = sluice_decide(&walk->packet, &walk->facts, config.default_deny, config.drop_fragments);
	__u32 i;

	if (config.by_proof && asked.unproved)
		asked = sluice_proved(asked, walk->packet.protocol, walk->path);
	if (config.by_proof && asked.unproved)
		explain_limit(out, &walk->packet, asked.unproved, false);
	for (i = 0; i < SLUICE_DECISION_LIMITS; i++) {
		if (asked.limit[i])
			explain_asked(out, &walk->packet, asked.limit[i], asked.claimed);
	}
}

static __always_inline struct sluice_explanation *fresh_explanation(void)
{
	__u32 zero = 0;
	struct sluice_explanation *out = bpf_map_lookup_elem(&explanation, &zero);

	if (out)
		__builtin_memset(out, 0, sizeof(*out));
	return out;
}

static __always_inline __u64 replay_time(void)
{
	__u32 zero = 0;
	const __u64 *now_mono_ns = bpf_map_lookup_elem(&replay_clock, &zero);

	return now_mono_ns ? *now_mono_ns : 0;
}

#endif
