/* The packet's way, one line per stage. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "classify.h"
#include "conclude.h"
#include "limit.h"
#include "maps.h"
#include "sluice/core/decide.h"
#include "sluice/core/parse.h"
#include "walk.h"

char sluice_license[] SEC("license") = "GPL";

/* Bytes to a packet, or a reason. A global function: the verifier judges it once, apart from what follows. */
__noinline int parse(struct xdp_md *context, struct sluice_packet *packet)
{
	const void *at = (const void *)(long)context->data;
	const void *end = (const void *)(long)context->data_end;

	return packet ? sluice_parse(at, end, bpf_xdp_get_buff_len(context), packet) : SLUICE_INTERNAL;
}

static __always_inline void judge(struct walk *walk, struct xdp_md *context, __u64 now_mono_ns)
{
	__u32 reason = parse(context, &walk->packet);

	if (reason != SLUICE_UNDECIDED) {
		walk->decision = sluice_decided(reason, 0);
		return;
	}
	if (!classify(walk, now_mono_ns)) {
		walk->decision = sluice_decided(SLUICE_INTERNAL, 0);
		return;
	}
	walk->decision = sluice_decide(&walk->packet, &walk->facts, config.default_deny, config.drop_fragments);
	if (sluice_has_limits(&walk->decision))
		limit(walk, now_mono_ns);
}

SEC("xdp.frags")
int sluice_xdp(struct xdp_md *context)
{
	__u64 now_mono_ns = bpf_ktime_get_coarse_ns();
	struct walk walk = {};

	judge(&walk, context, now_mono_ns);
	return conclude(&walk, now_mono_ns, context->ingress_ifindex);
}
