/* The generator. As a live-frame test run it writes the whole frame anew and sends it out: the kernel hands the same
 * pages over again and again, and does not restore them. As a plain test run it hands the frame to the program measured. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flood_shape.h"

#define bool _Bool
#define true 1
#define false 0

char flood_license[] SEC("license") = "GPL";

const volatile struct flood_shape shape SEC(".rodata");

/* One generator has one thread. */
__u64 state;
__u64 due_ns; /* of the next frame */
__u64 frames;
__u64 marked;

/* splitmix64 (Steele, Lea, Flood 2014). */
static __always_inline __u64 next_random(void)
{
	__u64 mixed = state += 0x9e3779b97f4a7c15ull;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
	return mixed ^ mixed >> 31;
}

/* Of `sources` ranks, by Zipf's law with exponent 1: the logarithm of a rank is uniform, here its whole part; within one power
 * of two ranks are alike. */
static __always_inline __u32 choose_rank(__u32 random)
{
	__u32 powers = 0, power, left;

	for (left = shape.sources; left > 1; left >>= 1)
		powers++;
	power = (random >> 16) * powers >> 16 & 31;
	return (1u << power) - 1 + (random & 0xffff) % (1u << power);
}

/* Host order. */
static __always_inline __u32 choose_source(__u32 random)
{
	if (shape.zipf)
		return shape.first_source + choose_rank(random);
	if (shape.sources)
		return shape.first_source + (__u32)((__u64)random * shape.sources >> 32);
	if (shape.unicast_only) {
		if (random >= 0xe0000000u)
			random -= 0x80000000u;
		if (random >> 24 == 0 || random >> 24 == 127)
			random ^= 0x40000000u;
	}
	return random;
}

static __always_inline bool is_marked(void)
{
	if (!shape.marked_every || ++frames % shape.marked_every)
		return false;
	marked++;
	return true;
}

static __always_inline __u16 checksum(__u32 sum, __be32 source, __be16 port)
{
	sum += (source & 0xffff) + (source >> 16) + port;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline bool write_frame(struct xdp_md *context)
{
	__u8 *at = (__u8 *)(long)context->data;
	__u8 *end = (__u8 *)(long)context->data_end;
	__u32 length = shape.length, i;
	__u64 random = next_random();
	__be32 source = bpf_htonl(choose_source(random));
	__be16 port = bpf_htons(1024 + (random >> 32 & 0x7fff));

	if (length > FLOOD_HEADERS || at + length > end)
		return false;
	if (is_marked()) {
		source = bpf_htonl(shape.marked_source);
		port = bpf_htons(shape.marked_port);
	}
#pragma unroll
	for (i = 0; i < FLOOD_HEADERS / 8; i++) {
		if (i * 8 + 8 <= length)
			*(__u64 *)(at + i * 8) = shape.frame[i];
		else if (i * 8 + 4 <= length)
			*(__u32 *)(at + i * 8) = shape.frame[i];
	}
	*(__be32 *)(at + shape.source_at) = source;
	if (shape.port_at)
		*(__be16 *)(at + shape.port_at) = port;
	if (shape.ip_checksum_at)
		*(__u16 *)(at + shape.ip_checksum_at) = checksum(shape.ip_sum, source, 0);
	if (shape.transport_checksum_at)
		*(__u16 *)(at + shape.transport_checksum_at) =
			checksum(shape.transport_sum, source, shape.port_at ? port : 0);
	return true;
}

/* Frames leave in batches: who comes later than one of them has paused, and is not to make up for it by a burst. */
#define BATCH 64
/* A look at the clock takes some 25 ns: room for intervals of FLOOD_LONGEST_INTERVAL_NS. */
#define LOOKS 4096

static __always_inline void keep_pace(void)
{
	__u64 now_ns = bpf_ktime_get_ns();
	__u32 i;

	for (i = 0; i < LOOKS && now_ns < due_ns; i++)
		now_ns = bpf_ktime_get_ns();
	if (now_ns > due_ns + BATCH * shape.interval_ns)
		due_ns = now_ns;
	due_ns += shape.interval_ns;
}

SEC("xdp")
int flood_xdp(struct xdp_md *context)
{
	if (shape.interval_ns)
		keep_pace();
	return write_frame(context) ? bpf_redirect(shape.interface_index, 0) : XDP_ABORTED;
}

/* The program to measure, by the frames that are written here: for test runs without a wire. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} judged SEC(".maps");

SEC("xdp.frags")
int flood_judged(struct xdp_md *context)
{
	if (write_frame(context))
		bpf_tail_call(context, &judged, 0);
	return XDP_ABORTED;
}
