/* The only exit: one reason counted, perhaps reported, and the action. */
#ifndef SLUICE_BPF_CONCLUDE_H
#define SLUICE_BPF_CONCLUDE_H

#include "maps.h"
#include "report.h"
#include "walk.h"

static __always_inline void count(void *map, __u32 index, __u32 length)
{
	struct sluice_counter *counter = bpf_map_lookup_elem(map, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += length;
	}
}

static __always_inline int action_on(__u32 reason)
{
	if (config.observe || sluice_reason_passes(reason))
		return XDP_PASS;
	return config.cookies && reason == SLUICE_COOKIE ? XDP_TX : XDP_DROP;
}

static __always_inline int conclude(const struct walk *walk, __u64 now_mono_ns, __u32 interface_index)
{
	__u32 reason = walk->decision.reason;
	__u32 length = walk->packet.length;

	count(&counters, walk->facts.slot * SLUICE_REASONS + reason, length);
	if (walk->decision.rule)
		count(&rule_counters, walk->decision.rule, length);
	if (sluice_reason_passes(reason))
		return XDP_PASS;
	if (config.events_per_window)
		report(walk, now_mono_ns, interface_index);
	return action_on(reason);
}

#endif
