/* SYN cookies: the answer to a SYN past the unproved budget. The frame itself becomes the SYN-ACK and goes out where it
 * came in; nothing is kept. core/cookie.h has what the cookie holds, bpf/cookie.bpf.c takes it back.
 *
 * Not a reflector: an answer is never longer than its SYN and never repeated; it goes only where somebody listens, only to
 * addresses that a host can have, and at most at the rates of two limits of its own: of all answers together, and of those
 * to a network (`replies/all` and `replies/each-prefix`).
 */
#ifndef SLUICE_BPF_ANSWER_H
#define SLUICE_BPF_ANSWER_H

#include "limit.h"
#include "maps.h"
#include "prove.h"
#include "sluice/core/reply.h"
#include "walk.h"

#define SHORTEST_WIRE 60
#define LONGEST_SYN 1600 /* one buffer: what is larger is no SYN of an honest host */

static __always_inline struct sluice_cookies *find_cookies(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cookies, &zero);
}

/* A global function: the verifier judges it once. */
__noinline int somebody_listens(struct xdp_md *context, const struct sluice_packet *packet)
{
	struct bpf_sock *socket;
	bool listens;

	if (!packet)
		return false;
	socket = find_tcp_socket(context, packet);
	if (!socket)
		return false;
	listens = socket->state == BPF_TCP_LISTEN;
	bpf_sk_release(socket);
	return listens;
}

static long read_option(__u32 index, void *options)
{
	return !sluice_option_step(options);
}

/* What the SYN offers. A global function: the verifier judges it once, and its stack is gone when it returns. */
__noinline int read_offer(struct xdp_md *context, const struct sluice_packet *syn, struct sluice_terms *offered)
{
	struct sluice_options options = {};
	__u32 at, length;
	__u8 words;

	if (!syn || !offered)
		return false;
	at = syn->transport_at;
	if (bpf_xdp_load_bytes(context, at + offsetof(struct sluice_wire_tcp, offset), &words, sizeof(words)))
		return false;
	length = (words >> 4) * 4 - sizeof(struct sluice_wire_tcp);
	if (length > SLUICE_OPTION_ROOM)
		return false;
	if (length) {
		__u32 less_one = length - 1;

		__asm__ volatile("" : "+r"(less_one)); /* verifier: 6.1 forgets that it is not zero */
		if (less_one >= SLUICE_OPTION_ROOM || bpf_xdp_load_bytes(context, at + sizeof(struct sluice_wire_tcp), options.bytes, less_one + 1))
			return false;
	}
	options.length = length;
	bpf_loop(SLUICE_OPTION_ROOM, read_option, &options, 0);
	*offered = options.terms;
	return true;
}

static __always_inline bool write_link(struct xdp_md *context)
{
	__u16 from[6], to[6];
	__u32 i;

	if (bpf_xdp_load_bytes(context, 0, from, sizeof(from)))
		return false;
	for (i = 0; i < 6; i++)
		to[i] = from[(i + 3) % 6];
	return !bpf_xdp_store_bytes(context, 0, to, sizeof(to));
}

static __always_inline bool write_network(struct xdp_md *context, const struct sluice_packet *syn, __u32 length)
{
	if (syn->family == SLUICE_IPV4) {
		struct sluice_wire_ipv4 ip = sluice_reply_ipv4(syn, length);

		return !bpf_xdp_store_bytes(context, syn->network_at, &ip, sizeof(ip));
	} else {
		struct sluice_wire_ipv6 ip = sluice_reply_ipv6(syn, length);

		return !bpf_xdp_store_bytes(context, syn->network_at, &ip, sizeof(ip));
	}
}

/* A TCP header of 20 to 40 bytes; of a constant length each time. verifier: 6.1 wants no zero here. */
static __always_inline bool write_transport(struct xdp_md *context, __u32 at, struct sluice_reply *reply)
{
	__u32 length = reply->length;

	if (length < sizeof(reply->tcp) || length > sizeof(reply->tcp) + sizeof(reply->options))
		return false;
	return !bpf_xdp_store_bytes(context, at, reply, length);
}

static __always_inline __u32 network_header(const struct sluice_packet *syn)
{
	return syn->family == SLUICE_IPV4 ? sizeof(struct sluice_wire_ipv4) : sizeof(struct sluice_wire_ipv6);
}

/* The TCP header of the answer, right behind a network header without options; its length, or 0 where it has no room. A global
 * function: the verifier judges it once, and its stack is gone when it returns. */
__noinline int write_segment(struct xdp_md *context, const struct sluice_packet *syn, const struct sluice_terms *offered,
			     __u64 now_mono_ns)
{
	const struct sluice_cookies *state = find_cookies();
	struct sluice_reply reply = {};
	struct sluice_cookie cookie;
	__u64 key[2];

	if (!syn || !offered || !state || syn->network_at > 64)
		return 0;
	key[0] = state->key[0];
	key[1] = state->key[1];
	cookie = sluice_cookie_for(key, syn, offered, now_mono_ns);
	sluice_reply_tcp(&reply, syn, offered, &cookie);
	if (network_header(syn) + reply.length > syn->datagram)
		return 0;
	return write_transport(context, syn->network_at + network_header(syn), &reply) ? reply.length : 0;
}

/* What goes around a segment of `length` bytes, and the frame's end. A global function as well. */
__noinline int write_envelope(struct xdp_md *context, const struct sluice_packet *syn, __u32 length)
{
	__u32 frame;

	if (!syn || syn->network_at > 64 || length > sizeof(struct sluice_wire_tcp) + SLUICE_OPTION_ROOM)
		return false;
	if (!write_link(context) || !write_network(context, syn, length))
		return false;
	frame = syn->network_at + network_header(syn) + length;
	if (frame < SHORTEST_WIRE)
		frame = SHORTEST_WIRE;
	return syn->length <= frame || !bpf_xdp_adjust_tail(context, (int)frame - (int)syn->length);
}

/* The frame becomes the answer; false, and the frame is to be dropped, where it cannot. */
static __always_inline bool write_answer(struct xdp_md *context, const struct sluice_packet *syn, const struct sluice_terms *offered,
					 __u64 now_mono_ns)
{
	int length = write_segment(context, syn, offered, now_mono_ns);

	return length > 0 && write_envelope(context, syn, length);
}

/* Of a limit of answers. */
static __always_inline bool answer_fits(struct walk *walk, __u32 number, __u64 now_mono_ns, bool charge)
{
	return meet_budget(walk, number, now_mono_ns, false) && (!charge || meet_budget(walk, number, now_mono_ns, true));
}

/* The last one, give or take a second: a flood's hottest cache line stays read-only. */
static __always_inline void note_sent(struct sluice_cookies *state, __u64 now_mono_ns)
{
	if (now_mono_ns - state->sent_mono_ns > SLUICE_NS_PER_SECOND)
		state->sent_mono_ns = now_mono_ns;
}

/* Of a SYN that the unproved budget refused: the answer, or the refusal stands. Without `send`, what it would be. */
static __always_inline void answer(struct walk *walk, struct xdp_md *context, __u64 now_mono_ns, bool send)
{
	struct sluice_cookies *state = find_cookies();
	struct sluice_decision refused = walk->decision;
	struct sluice_terms offered = {};

	if (!state || !sluice_cookie_may_be_sent(state, now_mono_ns) || walk->packet.length > LONGEST_SYN || !sluice_may_answer(&walk->packet))
		return;
	if (!somebody_listens(context, &walk->packet))
		return;
	if (!answer_fits(walk, config.replies_each_prefix, now_mono_ns, send) || !answer_fits(walk, config.replies_all, now_mono_ns, send))
		return;
	if (send) {
		note_sent(state, now_mono_ns);
		if (!read_offer(context, &walk->packet, &offered) || !write_answer(context, &walk->packet, &offered, now_mono_ns)) {
			walk->decision = refused;
			return;
		}
	}
	walk->decision = sluice_decided(SLUICE_COOKIE, refused.rule);
}

#endif
