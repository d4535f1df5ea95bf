/* Path proof: what this host's sockets, and the table of proved sources, say of a packet's path. core/prove.h has what
 * follows from it.
 *
 * The socket table is the kernel's own connection tracker. It says something of traffic that ends on this host only: where
 * no socket is found, the routing table is asked whether the packet would be forwarded. Nothing is looked up for a
 * service that asks for no proof, and where none does, the verifier removes all of this.
 */
#ifndef SLUICE_BPF_PROVE_H
#define SLUICE_BPF_PROVE_H

#include "answered.h"
#include "maps.h"
#include "socket.h"
#include "sluice/core/proof.h"
#include "sluice/core/prove.h"
#include "walk.h"

/* <linux/socket.h> and <net/tcp_states.h>, which no header for programs has. */
#define FAMILY_INET 2
#define FAMILY_INET6 10

static __always_inline __u32 proof_seconds(__u64 now_mono_ns)
{
	return now_mono_ns / SLUICE_NS_PER_SECOND;
}

static __always_inline struct sluice_proof_set *find_proofs(__u32 hash)
{
	__u32 index = hash & (SLUICE_PROOF_SETS - 1);

	return bpf_map_lookup_elem(&proofs, &index);
}

/* A global function: the verifier judges it once. */
__noinline int source_is_proved(const struct sluice_packet *packet, __u64 now_mono_ns)
{
	const struct sluice_proof_set *set;
	struct sluice_hash hash;

	if (!packet)
		return false;
	hash = sluice_proof_hash(&config.hash, &packet->source, packet->family);
	set = find_proofs(hash.set);
	return set && sluice_proof_stands(set, hash.tag, proof_seconds(now_mono_ns));
}

/* The host has a connection with the source. Two processors that write the same proof at once may write it twice, and
 * one of them in vain: the next packet does it. A global function: the verifier judges it once. */
__noinline int remember_proof(const struct sluice_packet *packet, __u64 now_mono_ns)
{
	struct sluice_proof_set *set;
	struct sluice_renewal renewal;
	struct sluice_hash hash;

	if (!packet)
		return false;
	hash = sluice_proof_hash(&config.hash, &packet->source, packet->family);
	set = find_proofs(hash.set);
	if (!set)
		return false;
	renewal = sluice_proof_renewed(set, hash.tag, proof_seconds(now_mono_ns));
	if (renewal.next != renewal.seen)
		__sync_val_compare_and_swap(&set->way[renewal.way & (SLUICE_PROOF_WAYS - 1)], renewal.seen, renewal.next);
	return true;
}

/* Whether the packet would leave this host again. A global function: the verifier judges it once. Where the kernel cannot
 * say, it would: what is not known to be for this host is not judged by its sockets. */
__noinline int is_forwarded(struct xdp_md *context, const struct sluice_packet *packet)
{
	struct bpf_fib_lookup route = {};
	long answer;

	if (!packet)
		return true;
	route.ifindex = context->ingress_ifindex;
	route.l4_protocol = packet->protocol;
	if (packet->family == SLUICE_IPV4) {
		route.family = FAMILY_INET;
		route.ipv4_src = packet->source.word[3];
		route.ipv4_dst = packet->destination.word[3];
	} else {
		route.family = FAMILY_INET6;
		__builtin_memcpy(route.ipv6_src, &packet->source, sizeof(packet->source));
		__builtin_memcpy(route.ipv6_dst, &packet->destination, sizeof(packet->destination));
	}
	answer = bpf_fib_lookup(context, &route, sizeof(route), 0);
	return answer != BPF_FIB_LKUP_RET_NOT_FWDED && answer != BPF_FIB_LKUP_RET_FWD_DISABLED;
}

/* In place of a path, where the socket table does not say. */
#define FOUND_NOTHING SLUICE_PATHS
#define FOUND_LISTENER (SLUICE_PATHS + 1)

static __always_inline __u32 path_of_state(struct bpf_sock *socket, const struct sluice_packet *packet)
{
	switch (socket->state) {
	case BPF_TCP_LISTEN:
		return check_cookie(socket, packet) ? FOUND_LISTENER : SLUICE_PATH_COOKIE;
	case BPF_TCP_NEW_SYN_RECV:
	case BPF_TCP_SYN_RECV:
	case BPF_TCP_SYN_SENT:
		return SLUICE_PATH_HANDSHAKE;
	default:
		return SLUICE_PATH_CONNECTION;
	}
}

/* What the socket table says of a TCP packet that begins nothing. A global function: the verifier judges it once. */
__noinline int path_of_segment(struct xdp_md *context, const struct sluice_packet *packet)
{
	struct bpf_sock *socket;
	__u32 path;

	if (!packet)
		return SLUICE_PATH_ELSEWHERE;
	socket = find_tcp_socket(context, packet);
	if (!socket)
		return FOUND_NOTHING;
	path = path_of_state(socket, packet);
	bpf_sk_release(socket);
	return path;
}

/* A global function: the verifier judges it once. */
__noinline int is_listened_for(struct xdp_md *context, const struct sluice_packet *packet)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *socket;

	if (!packet)
		return false;
	if (fill_tuple(&tuple, packet) == sizeof(tuple.ipv4))
		socket = bpf_sk_lookup_udp(context, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	else
		socket = bpf_sk_lookup_udp(context, &tuple, sizeof(tuple.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (!socket)
		return false;
	bpf_sk_release(socket);
	return true;
}

/* One level of calls, and no more: their stacks add up. */
static __always_inline __u32 find_path(struct xdp_md *context, const struct sluice_packet *packet, __u64 now_mono_ns)
{
	bool tcp = packet->protocol == SLUICE_PROTO_TCP, begins = !tcp || packet->opens_connection;
	__u32 path = FOUND_NOTHING;

	if (!begins)
		path = path_of_segment(context, packet);
	if (begins && (tcp || is_listened_for(context, packet)))
		return source_is_proved(packet, now_mono_ns) ? SLUICE_PATH_PROVED : SLUICE_PATH_UNPROVED;
	if (path == FOUND_LISTENER)
		return config.cookies ? path_of_answered(packet, now_mono_ns) : SLUICE_PATH_NOBODY;
	if (path == FOUND_NOTHING)
		return is_forwarded(context, packet) ? SLUICE_PATH_ELSEWHERE : SLUICE_PATH_NOBODY;
	return path;
}

/* The path of a packet. Without `learn`, nothing is written. A global function: the verifier judges it once, and what follows
 * for a path that it does not know. */
__noinline int path_of(struct xdp_md *context, const struct sluice_packet *packet, __u64 now_mono_ns, bool learn)
{
	__u32 path;

	if (!packet)
		return SLUICE_PATH_ELSEWHERE;
	path = find_path(context, packet, now_mono_ns);
	if (learn && path == SLUICE_PATH_CONNECTION)
		remember_proof(packet, now_mono_ns);
	if (config.cookies && learn && path == SLUICE_PATH_ANSWERED)
		remember_flow(packet, now_mono_ns);
	return path;
}

static __always_inline void prove(struct walk *walk, struct xdp_md *context, __u64 now_mono_ns, bool learn)
{
	walk->path = path_of(context, &walk->packet, now_mono_ns, learn);
	if (config.cookies && walk->path == SLUICE_PATH_ANSWERED)
		walk->packet.opens_connection = true; /* the SYN that did was charged to nobody */
	walk->decision = sluice_proved(walk->decision, walk->packet.protocol, walk->path);
}

#endif
