/* Run by the daemon (userspace/kernel/tick_clock.h) to see how the kernel's ticks tell the time; never attached. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "sluice/abi/clock.h"

char ticks_license[] SEC("license") = "GPL";

/* Both clocks, now. */
struct sluice_clock_sample sample SEC(".data.sample");

SEC("xdp")
int sluice_ticks(struct xdp_md *context)
{
	__u64 before = bpf_jiffies64();
	__u64 mono_ns = bpf_ktime_get_ns();

	sample.mono_ns = mono_ns;
	sample.ticks = bpf_jiffies64() == before ? before : 0;
	return XDP_PASS;
}
