/* The packet's way, one line per stage. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "answer.h"
#include "classify.h"
#include "clock.h"
#include "conclude.h"
#include "explain.h"
#include "identify.h"
#include "limit.h"
#include "maps.h"
#include "prove.h"
#include "shadow.h"
#include "sluice/core/decide.h"
#include "sluice/core/parse.h"
#include "walk.h"

char sluice_license[] SEC("license") = "GPL";

/* Parses once more, with the true length of a frame whose bytes may lie in several buffers. A global function: the
 * verifier judges it once, apart from what follows. */
__noinline int parse_whole(struct xdp_md *context, struct sluice_packet *packet)
{
	const void *at = (const void *)(long)context->data;
	const void *end = (const void *)(long)context->data_end;
	struct sluice_packet fresh = {};

	if (!packet)
		return SLUICE_INTERNAL;
	*packet = fresh;
	return sluice_parse(at, end, bpf_xdp_get_buff_len(context), packet);
}

/* What honest senders pad to, with a tag; and what a frame of the common MTU never reaches. */
#define SHORTEST_FRAME 64
#define LARGE_FRAME 2048

/* Nearly every frame is one buffer, and asking how long it is costs a call. A frame is parsed again if its first buffer
 * does not hold what its headers promise, or is large, or holds more than they say: bytes in other buffers count too. */
static __always_inline __u32 parse(struct xdp_md *context, struct sluice_packet *packet)
{
	const void *at = (const void *)(long)context->data;
	const void *end = (const void *)(long)context->data_end;
	__u32 length = context->data_end - context->data;
	__u32 reason = sluice_parse(at, end, length, packet);
	bool whole = length <= SHORTEST_FRAME || (length < LARGE_FRAME && !packet->padded);

	return reason == SLUICE_UNDECIDED && whole ? reason : (__u32)parse_whole(context, packet);
}

/* How a packet is judged. */
enum judging {
	ENFORCED, /* by this host's sockets and limits */
	ASKED,    /* as that, and nothing is charged or learnt */
	SHADOWED, /* as enforced, by levels of its own; nothing is learnt or answered */
	REPLAYED, /* by limits alone: this host's sockets know nothing of a capture */
};

static __always_inline void judge(struct walk *walk, struct xdp_md *context, __u64 now_mono_ns, enum judging how)
{
	__u32 reason = parse(context, &walk->packet);

	if (reason != SLUICE_UNDECIDED) {
		walk->decision = sluice_decided(reason, 0);
		return;
	}
	if (!classify(walk, now_mono_ns) || !identify(walk, context, how != ASKED)) {
		walk->decision = sluice_decided(SLUICE_INTERNAL, 0);
		return;
	}
	walk->decision = sluice_decide(&walk->packet, &walk->facts, config.default_deny, config.drop_fragments);
	if (how == REPLAYED)
		walk->decision.unproved = 0;
	if (config.by_proof && walk->decision.unproved)
		prove(walk, context, now_mono_ns, how == ENFORCED);
	if (sluice_has_limits(&walk->decision))
		limit(walk, now_mono_ns, how != ASKED);
	if (config.cookies && walk->decision.reason == SLUICE_UNPROVED && walk->facts.service.beyond == SLUICE_BEYOND_COOKIE)
		answer(walk, context, now_mono_ns, how == ENFORCED && !config.observe);
}

SEC("xdp.frags")
int sluice_xdp(struct xdp_md *context)
{
	__u64 now_mono_ns = read_clock();
	struct walk walk = {};

	judge(&walk, context, now_mono_ns, ENFORCED);
	return conclude(&walk, now_mono_ns, context->ingress_ifindex);
}

/* In place of sluice_xdp while a candidate is shadowed (shadow.h). */
SEC("xdp.frags")
int sluice_shadowed(struct xdp_md *context)
{
	__u64 now_mono_ns = read_clock();
	struct walk walk = {};
	int action;

	judge(&walk, context, now_mono_ns, ENFORCED);
	action = conclude(&walk, now_mono_ns, context->ingress_ifindex);
	if (action != XDP_TX) /* what goes back as an answer is no longer the packet that came */
		hand_over(context, &walk, now_mono_ns, action);
	return action;
}

/* The candidate (shadow.h): judges after sluice_shadowed, and decides nothing. */
SEC("xdp.frags")
int sluice_shadow(struct xdp_md *context)
{
	const struct sluice_handover *from = find_handover();
	struct walk walk = {};

	if (!from)
		return XDP_ABORTED;
	judge(&walk, context, from->now_mono_ns, SHADOWED);
	count_pair(from, &walk);
	return from->action;
}

/* Asked by the daemon (explain.h); never attached. */
SEC("xdp.frags")
int sluice_explain(struct xdp_md *context)
{
	struct sluice_explanation *out = fresh_explanation();
	__u64 now_mono_ns = read_clock();
	struct walk walk = {};

	if (!out)
		return XDP_ABORTED;
	judge(&walk, context, now_mono_ns, ASKED);
	explain_walk(out, &walk, now_mono_ns);
	explain_limits(out, &walk);
	return action_on(walk.decision.reason);
}

/* Run by `sluice replay` (explain.h); never attached. */
SEC("xdp.frags")
int sluice_replay(struct xdp_md *context)
{
	struct sluice_explanation *out = fresh_explanation();
	__u64 now_mono_ns = replay_time();
	struct walk walk = {};

	if (!out)
		return XDP_ABORTED;
	judge(&walk, context, now_mono_ns, REPLAYED);
	explain_walk(out, &walk, now_mono_ns);
	return conclude(&walk, now_mono_ns, context->ingress_ifindex);
}
