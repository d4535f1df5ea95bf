/* The floor: what no gate can be faster than. And the far end of a link that answers come back to. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char floor_license[] SEC("license") = "GPL";

/* Whom answers are for: a /16 and a /48, in the order of the wire. */
const volatile __u16 floor_ipv4_network;
const volatile __u16 floor_ipv6_network[3];

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

static __always_inline int is_for_somebody4(const struct iphdr *ip)
{
	return *(const __u16 *)&ip->daddr == floor_ipv4_network;
}

static __always_inline int is_for_somebody6(const struct ipv6hdr *ip)
{
	const __u16 *at = ip->daddr.in6_u.u6_addr16;

	return ip->nexthdr == IPPROTO_ICMPV6 ||
	       (at[0] == floor_ipv6_network[0] && at[1] == floor_ipv6_network[1] && at[2] == floor_ipv6_network[2]);
}

/* Drops what is for the spoofed, so that its way through a stack is no part of what is measured. */
SEC("xdp.frags")
int floor_answers(struct xdp_md *context)
{
	const struct ethhdr *ethernet = (void *)(long)context->data;
	const void *end = (void *)(long)context->data_end;
	const void *ip = ethernet + 1;

	if (ip > end)
		return XDP_DROP;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		const struct iphdr *ipv4 = ip;

		return (const void *)(ipv4 + 1) <= end && is_for_somebody4(ipv4) ? XDP_PASS : XDP_DROP;
	}
	if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ipv6 = ip;

		return (const void *)(ipv6 + 1) <= end && is_for_somebody6(ipv6) ? XDP_PASS : XDP_DROP;
	}
	return XDP_PASS;
}
