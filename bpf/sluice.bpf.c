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

char license[] SEC("license") = "GPL";

static __always_inline void judge(struct walk *walk, const void *at, const void *end, __u32 length, __u64 now_mono_ns)
{
	__u32 reason = sluice_parse(at, end, length, &walk->packet);

	if (reason != SLUICE_UNDECIDED) {
		walk->decision = sluice_decided(reason, 0);
		return;
	}
	if (!classify(walk, now_mono_ns)) {
		walk->decision = sluice_decided(SLUICE_INTERNAL, 0);
		return;
	}
	walk->decision = sluice_decide(&walk->packet, &walk->facts, config.default_deny, config.drop_fragments);
	limit(walk, now_mono_ns);
}

SEC("xdp.frags")
int sluice_xdp(struct xdp_md *context)
{
	const void *at = (const void *)(long)context->data;
	const void *end = (const void *)(long)context->data_end;
	__u64 now_mono_ns = bpf_ktime_get_coarse_ns();
	struct walk walk = {};

	judge(&walk, at, end, bpf_xdp_get_buff_len(context), now_mono_ns);
	return conclude(&walk, now_mono_ns, context->ingress_ifindex);
}
