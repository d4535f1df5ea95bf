/* Ring 1: a SYN-ACK's bytes: headers and options, checksums from scratch. */
#ifndef SLUICE_CORE_REPLY_H
#define SLUICE_CORE_REPLY_H

#include "sluice/core/cookie.h"
#include "sluice/core/wire.h"

#define SLUICE_REPLY_WINDOW 65535u /* what no scale applies to yet */
#define SLUICE_REPLY_HOPS 64u

/* TCP header with room for every option that an answer has; whole words, zero behind `length`. */
struct sluice_reply {
	struct sluice_wire_tcp tcp;
	__u8 options[20];
	__u32 length; /* of both */
};

/* Words of network order, so many; the sum is not folded. */
SLUICE_INLINE __u64 sluice_sum(const void *at, __u32 words)
{
	const __u16 *half = (const __u16 *)at;
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < words * 2; i++)
		sum += half[i];
	return sum;
}

SLUICE_INLINE __u16 sluice_checksum(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

SLUICE_INLINE void sluice_put32(__u8 *at, __u32 value)
{
	at[0] = (__u8)(value >> 24);
	at[1] = (__u8)(value >> 16);
	at[2] = (__u8)(value >> 8);
	at[3] = (__u8)value;
}

/* MSS, then selective acknowledgement and timestamps, then the window scale; each only where the SYN has it, so that no
 * answer is longer than its SYN. Returns their bytes. */
SLUICE_INLINE __u32 sluice_reply_options(__u8 *options, const struct sluice_terms *offered, const struct sluice_cookie *cookie)
{
	const struct sluice_terms *granted = &cookie->granted;
	__u32 at = 0;

	if (!offered->mss)
		return 0;
	sluice_put32(options, 2u << 24 | 4u << 16 | granted->mss);
	at = 4;
	if (granted->stamped) {
		sluice_put32(options + 4, (granted->selective ? 4u << 24 | 2u << 16 : 1u << 24 | 1u << 16) | 8u << 8 | 10u);
		sluice_put32(options + 8, cookie->stamp);
		sluice_put32(options + 12, granted->stamp);
		at = 16;
	} else if (granted->selective) {
		sluice_put32(options + 4, 1u << 24 | 1u << 16 | 4u << 8 | 2u);
		at = 8;
	}
	if (granted->scaled) {
		__u32 scale = 1u << 24 | 3u << 16 | 3u << 8 | SLUICE_COOKIE_OWN_SCALE;

		/* verifier: a constant place each time */
		if (at == 16)
			sluice_put32(options + 16, scale);
		else if (at == 8)
			sluice_put32(options + 8, scale);
		else
			sluice_put32(options + 4, scale);
		at += 4;
	}
	return at;
}

/* The pseudo header of RFC 9293, 3.1, over mapped addresses: the IPv4 mark in front of both counts and is taken off. */
SLUICE_INLINE __u64 sluice_pseudo_sum(const struct sluice_packet *packet, __u32 length)
{
	__u32 first = packet->family == SLUICE_IPV4 ? 3 : 0;
	__u64 sum = SLUICE_BE16(length) + SLUICE_BE16(SLUICE_PROTO_TCP);

	if (first == 3)
		return sum + sluice_sum(&packet->source.word[3], 1) + sluice_sum(&packet->destination.word[3], 1);
	return sum + sluice_sum(&packet->source, 4) + sluice_sum(&packet->destination, 4);
}

/* The whole answer to a SYN, but for its IP header. `reply` must be zero. */
SLUICE_INLINE void sluice_reply_tcp(struct sluice_reply *reply, const struct sluice_packet *syn, const struct sluice_terms *offered,
				    const struct sluice_cookie *cookie)
{
	__u32 length = sizeof(reply->tcp) + sluice_reply_options(reply->options, offered, cookie);

	reply->length = length;
	reply->tcp.source = SLUICE_BE16(syn->destination_port);
	reply->tcp.destination = SLUICE_BE16(syn->source_port);
	reply->tcp.sequence = SLUICE_BE32(cookie->sequence);
	reply->tcp.acknowledgement = SLUICE_BE32(SLUICE_BE32(syn->sequence) + 1);
	reply->tcp.offset = (__u8)(length / 4 << 4);
	reply->tcp.flags = SLUICE_TCP_SYN | SLUICE_TCP_ACK;
	reply->tcp.window = SLUICE_BE16(SLUICE_REPLY_WINDOW);
	reply->tcp.checksum = sluice_checksum(sluice_pseudo_sum(syn, length) +
					      sluice_sum(reply, (sizeof(reply->tcp) + sizeof(reply->options)) / 4));
}

SLUICE_INLINE struct sluice_wire_ipv4 sluice_reply_ipv4(const struct sluice_packet *syn, __u32 tcp_length)
{
	struct sluice_wire_ipv4 ip = {};

	ip.version_words = 4 << 4 | sizeof(ip) / 4;
	ip.length = SLUICE_BE16((__u16)(sizeof(ip) + tcp_length));
	ip.fragment = SLUICE_BE16(0x4000u);
	ip.time_to_live = SLUICE_REPLY_HOPS;
	ip.protocol = SLUICE_PROTO_TCP;
	ip.source = syn->destination.word[3];
	ip.destination = syn->source.word[3];
	ip.checksum = sluice_checksum(sluice_sum(&ip, sizeof(ip) / 4));
	return ip;
}

SLUICE_INLINE struct sluice_wire_ipv6 sluice_reply_ipv6(const struct sluice_packet *syn, __u32 tcp_length)
{
	struct sluice_wire_ipv6 ip = {};
	__u32 i;

	ip.version_class = 6 << 4;
	ip.payload_length = SLUICE_BE16((__u16)tcp_length);
	ip.next = SLUICE_PROTO_TCP;
	ip.hop_limit = SLUICE_REPLY_HOPS;
	for (i = 0; i < 4; i++) {
		ip.source[i] = syn->destination.word[i];
		ip.destination[i] = syn->source.word[i];
	}
	return ip;
}

/* Whom no answer is sent to: what is nobody's, this link's, everybody's, or the very address that it is for. IPv4: RFC 6890
 * without the private networks; IPv6: what is not unicast, and this link's. */
SLUICE_INLINE bool sluice_may_answer(const struct sluice_packet *syn)
{
	const struct sluice_addr *to = &syn->source;
	__u32 first = SLUICE_BE32(to->word[syn->family == SLUICE_IPV4 ? 3 : 0]);
	bool own = to->word[0] == syn->destination.word[0] && to->word[1] == syn->destination.word[1] &&
		   to->word[2] == syn->destination.word[2] && to->word[3] == syn->destination.word[3];

	if (own)
		return false;
	if (syn->family == SLUICE_IPV4)
		return first >> 24 != 0 && first >> 24 != 127 && first >> 16 != 0xa9fe && first < 0xe0000000u;
	return (first >> 29 == 1 || first >> 25 == 0x7e) && first >> 24 != 0xff;
}

#endif
