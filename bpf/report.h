/* Events: a sample of what is dropped, behind its own limiter per processor and reason. */
#ifndef SLUICE_BPF_REPORT_H
#define SLUICE_BPF_REPORT_H

#include "maps.h"
#include "walk.h"

/* Whether this processor may still write an event of this reason in this window. */
static __always_inline bool event_fits(struct sluice_event_gauge *gauge, __u64 now_mono_ns)
{
	__u64 window = now_mono_ns >> SLUICE_EVENT_WINDOW_SHIFT;

	if (gauge->window != window) {
		gauge->window = window;
		gauge->used = 0;
	}
	if (gauge->used >= config.events_per_window)
		return false;
	gauge->used++;
	return true;
}

static __always_inline void fill_event(struct sluice_event *event, const struct walk *walk, __u64 now_mono_ns,
				       __u32 interface_index)
{
	event->mono_ns = now_mono_ns;
	event->source = walk->packet.source;
	event->destination = walk->packet.destination;
	event->length = walk->packet.length;
	event->interface_index = interface_index;
	event->generation = config.generation;
	event->source_port = walk->packet.source_port;
	event->destination_port = walk->packet.destination_port;
	event->service = walk->facts.slot;
	event->rule = walk->decision.rule;
	event->reason = walk->decision.reason;
	event->protocol = walk->packet.protocol;
	event->family = walk->packet.family;
	event->observed = config.observe;
	event->identity = walk->facts.lease.state == SLUICE_LEASE_IN_FORCE ? walk->facts.lease.slot : SLUICE_IDENTITY_NONE;
	event->reserved = 0;
}

static __always_inline void report(const struct walk *walk, __u64 now_mono_ns, __u32 interface_index)
{
	__u32 reason = walk->decision.reason;
	struct sluice_event_gauge *gauge = bpf_map_lookup_elem(&event_gauges, &reason);
	struct sluice_event *event;

	if (!gauge)
		return;
	if (!event_fits(gauge, now_mono_ns)) {
		gauge->lost++;
		return;
	}
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		gauge->lost++;
		return;
	}
	fill_event(event, walk, now_mono_ns, interface_index);
	bpf_ringbuf_submit(event, 0);
}

#endif
