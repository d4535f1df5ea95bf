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

/* Every meter of one limit. A global function: the verifier judges it once. */
__noinline int explain_limit(struct sluice_explanation *out, const struct sluice_packet *packet, __u32 number)
{
	const struct sluice_limit *limit = bpf_map_lookup_elem(&limits, &number);
	struct sluice_hash hash;
	__u32 dimension;

	if (!out || !packet || !limit)
		return false;
	hash = key_of(limit, packet);
	for (dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
		const struct sluice_meter *meter = &limit->meter[dimension];
		__u64 amount = sluice_meter_amount(meter, dimension, packet);
		struct sluice_bucket_set *set = find_set(meter, hash.set);
		__u64 reading = sluice_meter_reading(meter, out->now_mono_ns);
		struct sluice_charge charge;
		struct sluice_asked *asked;

		if (!amount || !set)
			continue;
		charge = sluice_limiter_offer(meter, set, hash.tag, reading, amount);
		asked = next_asked(out);
		asked->level = ((charge.next - reading) & SLUICE_READING_MASK) - amount;
		asked->amount = amount;
		asked->limit = number;
		asked->dimension = dimension;
		asked->refuses = !charge.admitted;
	}
	return true;
}

/* Of a packet that was judged: the limits that had a say. A refusal has taken them off the decision, so it is made again. */
static __always_inline void explain_limits(struct sluice_explanation *out, const struct walk *walk)
{
	struct sluice_decision asked = sluice_decide(&walk->packet, &walk->facts, config.default_deny, config.drop_fragments);
	__u32 i;

	for (i = 0; i < SLUICE_DECISION_LIMITS; i++) {
		if (asked.limit[i])
			explain_limit(out, &walk->packet, asked.limit[i]);
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
