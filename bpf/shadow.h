/* Two policies on the same packets: the running one decides, then hands the packet on to the candidate (bpf_tail_call),
 * which only says what it would have done.
 *
 *   sluice_shadowed  the running policy's program while there is a candidate; without one sluice_xdp judges, and has not one
 *                    instruction of this
 *   sluice_shadow    the candidate's: its own policy maps, buckets of its own; bans, clock and hash key are those of all
 */
#ifndef SLUICE_BPF_SHADOW_H
#define SLUICE_BPF_SHADOW_H

#include "conclude.h"
#include "maps.h"
#include "sluice/abi/shadow.h"
#include "walk.h"

/* holds: what the candidate has to know of the packet that it gets
 * written by: sluice_shadowed; read by: sluice_shadow, on the same processor, before anything else runs there
 * lifetime: as the candidate; when full: never */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_handover);
} handover SEC(".maps");

/* holds: the candidate's program
 * written by: the loader; read by: sluice_shadowed
 * lifetime: as the candidate, and empty as soon as nobody has it open or pinned; when full: never */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} candidate SEC(".maps");

/* holds: packets and bytes by the running policy's reason and the candidate's
 * written by: sluice_shadow, each processor its own; read by: daemon, sluice-dump
 * lifetime: as the candidate; when full: never, one element per pair */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_PAIRS);
	__type(key, __u32);
	__type(value, struct sluice_counter);
} pairs SEC(".maps");

/* holds: the same by service slot of the running policy and outcome; otherwise as `pairs` */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_SERVICE_PAIRS);
	__type(key, __u32);
	__type(value, struct sluice_counter);
} service_pairs SEC(".maps");

static __always_inline struct sluice_handover *find_handover(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&handover, &zero);
}

/* Returns only if no candidate could be reached. */
static __always_inline void hand_over(struct xdp_md *context, const struct walk *walk, __u64 now_mono_ns, __u32 action)
{
	struct sluice_handover *to = find_handover();

	if (!to)
		return;
	to->now_mono_ns = now_mono_ns;
	to->reason = walk->decision.reason;
	to->action = action;
	to->service = walk->facts.slot;
	bpf_tail_call_static(context, &candidate, 0);
	to->missed.packets++;
	to->missed.bytes += walk->packet.length;
}

static __always_inline void count_pair(const struct sluice_handover *from, const struct walk *walk)
{
	__u32 reason = walk->decision.reason;

	count(&pairs, sluice_pair(from->reason, reason), walk->packet.length);
	count(&service_pairs, from->service * SLUICE_OUTCOMES + sluice_outcome(from->reason, reason), walk->packet.length);
}

#endif
