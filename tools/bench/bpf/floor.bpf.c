/* The floor: what no gate can be faster than. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char floor_license[] SEC("license") = "GPL";

SEC("xdp.frags")
int floor_drop(struct xdp_md *context)
{
	return XDP_DROP;
}

SEC("xdp.frags")
int floor_pass(struct xdp_md *context)
{
	return XDP_PASS;
}
