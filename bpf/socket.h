/* The four addresses and ports by which the kernel finds a packet's socket. */
#ifndef SLUICE_BPF_SOCKET_H
#define SLUICE_BPF_SOCKET_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "sluice/core/addr.h"
#include "sluice/core/packet.h"
#include "sluice/core/wire.h"

/* Bytes of it that count for the packet's family. */
static __always_inline __u32 fill_tuple(struct bpf_sock_tuple *tuple, const struct sluice_packet *packet)
{
	if (packet->family == SLUICE_IPV4) {
		tuple->ipv4.saddr = packet->source.word[3];
		tuple->ipv4.daddr = packet->destination.word[3];
		tuple->ipv4.sport = SLUICE_BE16(packet->source_port);
		tuple->ipv4.dport = SLUICE_BE16(packet->destination_port);
		return sizeof(tuple->ipv4);
	}
	__builtin_memcpy(tuple->ipv6.saddr, &packet->source, sizeof(packet->source));
	__builtin_memcpy(tuple->ipv6.daddr, &packet->destination, sizeof(packet->destination));
	tuple->ipv6.sport = SLUICE_BE16(packet->source_port);
	tuple->ipv6.dport = SLUICE_BE16(packet->destination_port);
	return sizeof(tuple->ipv6);
}

/* Established, request, time-wait or listener; whoever gets one releases it. The lengths are constants for the verifier. */
static __always_inline struct bpf_sock *find_tcp_socket(void *context, const struct sluice_packet *packet)
{
	struct bpf_sock_tuple tuple = {};

	if (fill_tuple(&tuple, packet) == sizeof(tuple.ipv4))
		return bpf_skc_lookup_tcp(context, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	return bpf_skc_lookup_tcp(context, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
}

#endif
