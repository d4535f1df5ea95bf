/* Cookies that come back: whether an ACK brings one that the kernel sent, or one of Sluice's own (answer.h), and what comes
 * right behind it. prove.h asks, where a segment finds nothing but a listener.
 */
#ifndef SLUICE_BPF_ANSWERED_H
#define SLUICE_BPF_ANSWERED_H

#include "maps.h"
#include "sluice/core/cookie.h"
#include "sluice/core/hash.h"
#include "sluice/core/prove.h"
#include "sluice/core/wire.h"

/* Whether an ACK brings back a cookie that the kernel sent for this listener: 0 or an error. Headers made anew, without
 * options or extensions: all that the kernel reads of them is here. */
static __always_inline long check_cookie(struct bpf_sock *listener, const struct sluice_packet *packet)
{
	struct sluice_wire_tcp tcp = {}; /* struct tcphdr, which has bit fields */
	struct sluice_wire_ipv4 ipv4 = {};
	struct sluice_wire_ipv6 ipv6 = {};

	tcp.source = SLUICE_BE16(packet->source_port);
	tcp.destination = SLUICE_BE16(packet->destination_port);
	tcp.sequence = packet->sequence;
	tcp.acknowledgement = packet->acknowledgement;
	tcp.offset = sizeof(tcp) / 4 << 4;
	tcp.flags = packet->tcp_flags;
	if (packet->family == SLUICE_IPV4) {
		ipv4.version_words = 4 << 4 | sizeof(ipv4) / 4;
		ipv4.source = packet->source.word[3];
		ipv4.destination = packet->destination.word[3];
		return bpf_tcp_check_syncookie(listener, &ipv4, sizeof(ipv4), (struct tcphdr *)&tcp, sizeof(tcp));
	}
	ipv6.version_class = 6 << 4;
	__builtin_memcpy(ipv6.source, &packet->source, sizeof(packet->source));
	__builtin_memcpy(ipv6.destination, &packet->destination, sizeof(packet->destination));
	return bpf_tcp_check_syncookie(listener, &ipv6, sizeof(ipv6), (struct tcphdr *)&tcp, sizeof(tcp));
}

/* ---- of Sluice's own (answer.h) ---- */

#define FOLLOWS_MS 200

/* Of the packet's addresses and ports. */
static __always_inline struct sluice_hash flow_hash(const struct sluice_packet *packet)
{
	struct sluice_addr flow = packet->source;

	flow.word[0] ^= packet->destination.word[3];
	flow.word[1] ^= (__u32)packet->source_port << 16 | packet->destination_port;
	return sluice_hash_addr(&config.hash, &flow);
}

/* What a packet is to those cookies, none of which the kernel knows: SLUICE_PATH_ANSWERED, _FOLLOWS, or _NOBODY. A global
 * function: the verifier judges it once. */
__noinline int path_of_answered(const struct sluice_packet *packet, __u64 now_mono_ns)
{
	__u32 zero = 0, index;
	const struct sluice_cookies *state = bpf_map_lookup_elem(&cookies, &zero);
	struct sluice_hash hash;
	const __u64 *flow;
	__u64 key[2];

	if (!packet || !state || !sluice_cookie_is_awaited(state, now_mono_ns))
		return SLUICE_PATH_NOBODY;
	if ((packet->tcp_flags & (SLUICE_TCP_ACK | SLUICE_TCP_RST | SLUICE_TCP_SYN)) != SLUICE_TCP_ACK)
		return SLUICE_PATH_NOBODY;
	hash = flow_hash(packet);
	index = hash.set % FLOWS;
	flow = bpf_map_lookup_elem(&flows, &index);
	if (flow && *flow >> 32 == hash.tag && (__u32)(now_mono_ns / 1000000) - (__u32)*flow < FOLLOWS_MS)
		return SLUICE_PATH_FOLLOWS;
	key[0] = state->key[0];
	key[1] = state->key[1];
	return sluice_cookie_is_right(key, packet, now_mono_ns) ? SLUICE_PATH_ANSWERED : SLUICE_PATH_NOBODY;
}

static __always_inline void remember_flow(const struct sluice_packet *packet, __u64 now_mono_ns)
{
	struct sluice_hash hash = flow_hash(packet);
	__u32 index = hash.set % FLOWS;
	__u64 *flow = bpf_map_lookup_elem(&flows, &index);

	if (flow)
		*flow = (__u64)hash.tag << 32 | (__u32)(now_mono_ns / 1000000);
}

#endif
