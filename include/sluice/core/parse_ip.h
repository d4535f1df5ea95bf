/* Ring 1: the IPv4 header with its options, the IPv6 header with its extensions. Part of core/parse.h. */
#ifndef SLUICE_CORE_PARSE_IP_H
#define SLUICE_CORE_PARSE_IP_H

#include "sluice/core/parse_transport.h"

/* How many extension headers are followed, in any order. */
#define SLUICE_MAX_EXTENSIONS 8u

/* ---- IPv4 ---- */

/* 127/8, multicast, class E, broadcast. 0.0.0.0 is how DHCP begins. */
SLUICE_INLINE bool sluice_ipv4_source_is_illegal(__be32 source)
{
	__u32 first = SLUICE_BE32(source) >> 24;

	return first == 127 || first >= 224;
}

SLUICE_INLINE __u32 sluice_parse_ipv4(struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	const struct sluice_wire_ipv4 *ip = (const struct sluice_wire_ipv4 *)cursor->at;
	__u32 header, length, fragment;

	if (!sluice_cursor_holds(cursor, sizeof(*ip)))
		return SLUICE_TRUNCATED;
	packet->source = sluice_addr_from_ipv4(ip->source);
	packet->destination = sluice_addr_from_ipv4(ip->destination);
	packet->family = SLUICE_IPV4;
	packet->protocol = ip->protocol;
	header = (ip->version_words & 15) * 4u;
	length = SLUICE_BE16(ip->length);
	fragment = SLUICE_BE16(ip->fragment) & 0x3fff;
	if (ip->version_words >> 4 != 4 || header < sizeof(*ip))
		return SLUICE_IP_HEADER;
	if (length < header || length > cursor->left)
		return SLUICE_IP_LENGTH;
	if (sluice_ipv4_source_is_illegal(ip->source))
		return SLUICE_SOURCE_ADDRESS;
	packet->padded = cursor->left != length;
	packet->datagram = (__u16)length;
	cursor->left = length;
	sluice_cursor_skip(cursor, header);
	if (fragment)
		return sluice_parse_fragment(cursor, packet, header, (fragment & 0x1fff) * 8, fragment >> 13);
	return sluice_parse_transport(cursor, packet);
}

/* ---- IPv6 ---- */

/* ff00::/8, ::1, and ::ffff:0:0/96, which would pass for an IPv4 host. */
SLUICE_INLINE bool sluice_ipv6_source_is_illegal(const struct sluice_addr *source)
{
	if (SLUICE_BE32(source->word[0]) >> 24 == 0xff)
		return true;
	if (source->word[0] || source->word[1])
		return false;
	return source->word[2] == SLUICE_BE32(0xffffu) || (!source->word[2] && source->word[3] == SLUICE_BE32(1u));
}

/* 1 where a equals b, else 0; both below 2^31. verifier: without a branch, 6.1 and 6.18 with clang 14 judge the
 * chain of extensions in thousands of instructions, with one in hundreds of thousands. */
SLUICE_INLINE __u32 sluice_equal(__u64 a, __u64 b)
{
	return (__u32)(((a ^ b) - 1) >> 63);
}

/* Extension headers by number, 64 to a word. */
#define SLUICE_EXTENSIONS_LOW                                                                       \
	(1ull << SLUICE_PROTO_HOP_BY_HOP | 1ull << SLUICE_PROTO_ROUTING | 1ull << SLUICE_PROTO_FRAGMENT | \
	 1ull << SLUICE_PROTO_AH | 1ull << SLUICE_PROTO_DESTINATION)
#define SLUICE_EXTENSIONS_HIGH \
	(1ull << (SLUICE_PROTO_MOBILITY - 128) | 1ull << (SLUICE_PROTO_HIP - 128) | 1ull << (SLUICE_PROTO_SHIM6 - 128))

SLUICE_INLINE bool sluice_is_extension(__u32 next)
{
	__u64 low = 0 - (__u64)sluice_equal(next >> 6, 0);
	__u64 high = 0 - (__u64)sluice_equal(next >> 6, 2);

	return ((SLUICE_EXTENSIONS_LOW & low) | (SLUICE_EXTENSIONS_HIGH & high)) >> (next & 63) & 1;
}

/* Bytes of an extension header, 0 if its length is not legal. AH counts words, less two, and holds at least
 * three of them; the fragment header has a fixed size and a reserved byte where others have their length. */
SLUICE_INLINE __u32 sluice_extension_size(__u32 kind, __u32 length)
{
	__u32 ah = sluice_equal(kind, SLUICE_PROTO_AH);
	__u32 fixed = sluice_equal(kind, SLUICE_PROTO_FRAGMENT);
	__u32 size = ((length & (fixed - 1)) + 1 + ah) << (3 - ah);

	return size & ((ah & sluice_equal(length, 0)) - 1);
}

/* Steps over one extension header, packet->protocol; behind it packet->protocol is what follows. */
SLUICE_INLINE __u32 sluice_parse_extension(struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	const struct sluice_wire_extension *extension = (const struct sluice_wire_extension *)cursor->at;
	__u32 size, fragment, kind = packet->protocol;

	if (cursor->left < sizeof(*extension))
		return SLUICE_EXTENSION;
	if (!sluice_cursor_holds(cursor, sizeof(*extension)))
		return SLUICE_TRUNCATED;
	size = sluice_extension_size(kind, extension->length);
	if (!size || size > cursor->left)
		return SLUICE_EXTENSION;
	packet->protocol = extension->next;
	fragment = SLUICE_BE16(extension->fragment);
	sluice_cursor_skip(cursor, size);
	if (kind == SLUICE_PROTO_FRAGMENT && (fragment & 0xfff9))
		return sluice_parse_fragment(cursor, packet, 0, fragment & 0xfff8, fragment & 1);
	return SLUICE_UNDECIDED;
}

SLUICE_INLINE __u32 sluice_parse_extensions(struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	__u32 i, reason;

	for (i = 0; i < SLUICE_MAX_EXTENSIONS; i++) {
		if (!sluice_is_extension(packet->protocol))
			return SLUICE_UNDECIDED;
		reason = sluice_parse_extension(cursor, packet);
		if (reason != SLUICE_UNDECIDED || packet->fragment)
			return reason;
	}
	return sluice_is_extension(packet->protocol) ? (__u32)SLUICE_EXTENSION_DEPTH : SLUICE_UNDECIDED;
}

SLUICE_INLINE __u32 sluice_parse_ipv6(struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	const struct sluice_wire_ipv6 *ip = (const struct sluice_wire_ipv6 *)cursor->at;
	__u32 reason, length, hop_limit, i;

	if (!sluice_cursor_holds(cursor, sizeof(*ip)))
		return SLUICE_TRUNCATED;
	for (i = 0; i < 4; i++) {
		packet->source.word[i] = ip->source[i];
		packet->destination.word[i] = ip->destination[i];
	}
	packet->family = SLUICE_IPV6;
	packet->protocol = ip->next;
	hop_limit = ip->hop_limit;
	length = SLUICE_BE16(ip->payload_length);
	if (ip->version_class >> 4 != 6)
		return SLUICE_IP_HEADER;
	if (length + sizeof(*ip) > cursor->left)
		return SLUICE_IP_LENGTH;
	if (sluice_ipv6_source_is_illegal(&packet->source))
		return SLUICE_SOURCE_ADDRESS;
	sluice_cursor_skip(cursor, sizeof(*ip));
	packet->padded = cursor->left != length;
	packet->datagram = (__u16)(length + sizeof(*ip)); /* a larger one is a jumbogram, which nothing here is for */
	cursor->left = length;
	reason = sluice_parse_extensions(cursor, packet);
	if (reason != SLUICE_UNDECIDED || packet->fragment)
		return reason;
	if (packet->protocol == SLUICE_PROTO_ICMPV6) {
		packet->neighbour = sluice_is_neighbour(cursor, hop_limit);
		return SLUICE_UNDECIDED;
	}
	return sluice_parse_transport(cursor, packet);
}

#endif
