/* Ring 1: what follows the IP header: TCP, UDP, neighbour discovery; or a fragment of it. Part of core/parse.h. */
#ifndef SLUICE_CORE_PARSE_TRANSPORT_H
#define SLUICE_CORE_PARSE_TRANSPORT_H

#include "sluice/core/addr.h"
#include "sluice/core/cursor.h"
#include "sluice/core/packet.h"
#include "sluice/core/wire.h"

/* ---- transport: the cursor stands at its header, `left` is what the IP header grants it ---- */

SLUICE_INLINE __u32 sluice_parse_tcp(const struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	const struct sluice_wire_tcp *tcp = (const struct sluice_wire_tcp *)cursor->at;
	__u32 size;

	if (cursor->left < sizeof(*tcp))
		return SLUICE_TRANSPORT;
	if (!sluice_cursor_holds(cursor, sizeof(*tcp)))
		return SLUICE_TRUNCATED;
	packet->source_port = SLUICE_BE16(tcp->source);
	packet->destination_port = SLUICE_BE16(tcp->destination);
	packet->has_ports = true;
	size = (tcp->offset >> 4) * 4u;
	if (size < sizeof(*tcp) || size > cursor->left)
		return SLUICE_TRANSPORT;
	if ((tcp->flags & SLUICE_TCP_SYN) && (tcp->flags & (SLUICE_TCP_FIN | SLUICE_TCP_RST)))
		return SLUICE_TCP_FLAGS;
	packet->sequence = tcp->sequence;
	packet->acknowledgement = tcp->acknowledgement;
	packet->tcp_flags = tcp->flags;
	packet->transport_at = (__u16)(packet->network_at + packet->datagram - cursor->left);
	packet->opens_connection = (tcp->flags & (SLUICE_TCP_SYN | SLUICE_TCP_ACK)) == SLUICE_TCP_SYN;
	return SLUICE_UNDECIDED;
}

SLUICE_INLINE __u32 sluice_parse_udp(const struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	const struct sluice_wire_udp *udp = (const struct sluice_wire_udp *)cursor->at;
	__u32 length;

	if (cursor->left < sizeof(*udp))
		return SLUICE_TRANSPORT;
	if (!sluice_cursor_holds(cursor, sizeof(*udp)))
		return SLUICE_TRUNCATED;
	packet->source_port = SLUICE_BE16(udp->source);
	packet->destination_port = SLUICE_BE16(udp->destination);
	packet->has_ports = true;
	length = SLUICE_BE16(udp->length);
	return length < sizeof(*udp) || length > cursor->left ? (__u32)SLUICE_TRANSPORT : SLUICE_UNDECIDED;
}

/* RFC 4861, 6.1 and 7.1: a hop limit of 255 proves that the packet was not forwarded. */
SLUICE_INLINE bool sluice_is_neighbour(const struct sluice_cursor *cursor, __u32 hop_limit)
{
	const struct sluice_wire_icmpv6 *icmp = (const struct sluice_wire_icmpv6 *)cursor->at;

	return hop_limit == 255 && cursor->left >= sizeof(*icmp) && sluice_cursor_holds(cursor, sizeof(*icmp)) &&
	       icmp->type >= SLUICE_NEIGHBOUR_FIRST && icmp->type <= SLUICE_NEIGHBOUR_LAST && icmp->code == 0;
}

SLUICE_INLINE __u32 sluice_parse_transport(const struct sluice_cursor *cursor, struct sluice_packet *packet)
{
	if (packet->protocol == SLUICE_PROTO_TCP)
		return sluice_parse_tcp(cursor, packet);
	if (packet->protocol == SLUICE_PROTO_UDP)
		return sluice_parse_udp(cursor, packet);
	return SLUICE_UNDECIDED;
}

/* ---- fragments: no ports, no flags; only shapes that no honest sender makes are refused here ---- */

/* `before`: bytes of the largest datagram that the IP header takes (RFC 791; RFC 8200 counts the payload alone). */
SLUICE_INLINE __u32 sluice_parse_fragment(const struct sluice_cursor *cursor, struct sluice_packet *packet, __u32 before,
					  __u32 offset, bool more)
{
	bool tcp = packet->protocol == SLUICE_PROTO_TCP;
	bool udp = packet->protocol == SLUICE_PROTO_UDP;
	__u32 header = tcp ? sizeof(struct sluice_wire_tcp) : udp ? sizeof(struct sluice_wire_udp) : 0;

	packet->fragment = true;
	if (before + offset + cursor->left > 65535)
		return SLUICE_FRAGMENT_SHAPE;
	if (more && (cursor->left == 0 || cursor->left % 8 != 0))
		return SLUICE_FRAGMENT_SHAPE;
	/* RFC 1858 and RFC 3128: a first fragment holds its transport header whole, no later one reaches into it. */
	if (offset == 0 ? cursor->left < header : offset < header)
		return SLUICE_FRAGMENT_SHAPE;
	return SLUICE_UNDECIDED;
}

#endif
