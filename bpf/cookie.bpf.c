/* Takes cookies back: on the ingress of an interface that sluice_xdp guards, behind it. An ACK that brings back a cookie gets a
 * request socket with the terms that the cookie holds, and the stack completes the handshake as if it had answered itself.
 *
 * Needs Linux 6.9 (bpf_sk_assign_tcp_reqsk). Everything but such an ACK passes untouched; in peace for one map lookup.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "socket.h"
#include "sluice/core/parse.h"
#include "sluice/core/reply.h"

#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif

char cookie_license[] SEC("license") = "GPL";

/* <linux/tcp.h> of the kernel. */
struct bpf_tcp_req_attrs {
	__u32 rcv_tsval;
	__u32 rcv_tsecr;
	__u16 mss;
	__u8 rcv_wscale;
	__u8 snd_wscale;
	__u8 ecn_ok;
	__u8 wscale_ok;
	__u8 sack_ok;
	__u8 tstamp_ok;
	__u8 usec_ts_ok;
	__u8 reserved[3];
};

/* The kernel's; only its address passes through here, and the loader wants a struct that is whole. */
struct sock {
	int opaque;
};

extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *listener, struct bpf_tcp_req_attrs *terms, int terms__sz) __ksym;

/* The program's own `cookies` (maps.h). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_cookies);
} cookies SEC(".maps");

/* holds: the cookies that were taken last: number in the upper half, milliseconds in the lower
 * written by and read by: this program; lifetime: as the program; when full: a later one takes the place
 * The data that comes in one batch with its ACK passes here before the stack has seen that: it must not be given a second
 * request. */
#define RECENT 4096
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RECENT);
	__type(key, __u32);
	__type(value, __u64);
} recent SEC(".maps");
#define RECENT_MS 50

static __always_inline bool was_taken(__u32 number, __u32 now_ms)
{
	__u32 index = number % RECENT;
	__u64 *last = bpf_map_lookup_elem(&recent, &index);

	if (!last)
		return true;
	if (*last >> 32 == number && now_ms - (__u32)*last < RECENT_MS)
		return true;
	*last = (__u64)number << 32 | now_ms;
	return false;
}

static long read_option(__u32 index, void *options)
{
	return !sluice_option_step(options);
}

static __always_inline bool read_brought(struct __sk_buff *skb, const struct sluice_packet *ack, struct sluice_terms *brought)
{
	struct sluice_options options = {};
	__u32 at = ack->transport_at, length;
	__u8 words;

	if (bpf_skb_load_bytes(skb, at + offsetof(struct sluice_wire_tcp, offset), &words, sizeof(words)))
		return false;
	length = (words >> 4) * 4 - sizeof(struct sluice_wire_tcp);
	if (length > SLUICE_OPTION_ROOM)
		return false;
	if (length && bpf_skb_load_bytes(skb, at + sizeof(struct sluice_wire_tcp), options.bytes, length))
		return false;
	options.length = length;
	bpf_loop(SLUICE_OPTION_ROOM, read_option, &options, 0);
	*brought = options.terms;
	return true;
}

static __always_inline bool completes_handshake(const struct sluice_packet *packet)
{
	const __u32 all = SLUICE_TCP_SYN | SLUICE_TCP_ACK | SLUICE_TCP_RST | SLUICE_TCP_FIN;

	return packet->protocol == SLUICE_PROTO_TCP && !packet->fragment && (packet->tcp_flags & all) == SLUICE_TCP_ACK;
}

static __always_inline struct bpf_tcp_req_attrs terms_for_stack(const struct sluice_terms *terms, __u32 now_ms)
{
	struct bpf_tcp_req_attrs attrs = {};

	attrs.mss = terms->mss;
	attrs.wscale_ok = terms->scaled;
	attrs.snd_wscale = terms->scale;
	attrs.rcv_wscale = terms->scaled ? SLUICE_COOKIE_OWN_SCALE : 0;
	attrs.sack_ok = terms->selective;
	attrs.tstamp_ok = terms->stamped;
	attrs.rcv_tsval = terms->stamp;
	attrs.rcv_tsecr = terms->stamped ? now_ms : 0; /* where the stack's own clock goes on; the echo is of an earlier one */
	return attrs;
}

/* Hands the ACK to its listener with the terms of the cookie: 0, or why the stack did not take it; 1 where nobody listens. */
static __always_inline int hand_over(struct __sk_buff *skb, const struct sluice_packet *ack, const struct sluice_terms *terms)
{
	struct bpf_tcp_req_attrs attrs = terms_for_stack(terms, (__u32)(bpf_ktime_get_ns() / 1000000));
	struct tcp_sock *listener;
	struct bpf_sock *socket;
	int result = 1;

	socket = find_tcp_socket(skb, ack);
	if (!socket)
		return result;
	if (socket->state == BPF_TCP_LISTEN) {
		listener = bpf_skc_to_tcp_sock(socket);
		if (listener)
			result = bpf_sk_assign_tcp_reqsk(skb, (struct sock *)listener, &attrs, sizeof(attrs));
	}
	bpf_sk_release(socket);
	return result;
}

static __always_inline void take_back(struct __sk_buff *skb, struct sluice_cookies *state, const struct sluice_packet *ack,
				      __u64 now_mono_ns)
{
	struct sluice_terms brought = {}, terms;
	int result;

	if (!read_brought(skb, ack, &brought) || was_taken(SLUICE_BE32(ack->acknowledgement), (__u32)(now_mono_ns / 1000000)))
		return;
	terms = sluice_cookie_terms(ack, &brought);
	result = hand_over(skb, ack, &terms);
	if (!result) {
		__sync_fetch_and_add(&state->taken, 1);
	} else if (result < 0) {
		__sync_fetch_and_add(&state->refused, 1);
		state->refused_mono_ns = now_mono_ns;
	}
}

SEC("tc")
int sluice_cookie(struct __sk_buff *skb)
{
	const void *at = (const void *)(long)skb->data;
	const void *end = (const void *)(long)skb->data_end;
	__u64 now_mono_ns = bpf_ktime_get_coarse_ns();
	struct sluice_packet packet = {};
	struct sluice_cookies *state;
	__u32 zero = 0;
	__u64 key[2];

	state = bpf_map_lookup_elem(&cookies, &zero);
	if (!state || !sluice_cookie_is_awaited(state, now_mono_ns))
		return TC_ACT_UNSPEC;
	if (sluice_parse(at, end, skb->len, &packet) != SLUICE_UNDECIDED || !completes_handshake(&packet))
		return TC_ACT_UNSPEC;
	key[0] = state->key[0];
	key[1] = state->key[1];
	if (sluice_cookie_is_right(key, &packet, now_mono_ns))
		take_back(skb, state, &packet, now_mono_ns);
	return TC_ACT_UNSPEC;
}
