/* Ring 1: bytes to a packet, or the reason why they are none.
 *
 * Total: any bytes, any length. Reads headers only, each after a check against the end. What is not IP is NOT_IP; what
 * no honest host sends is refused with its own reason, before anything else is asked.
 *
 * Depth: two VLAN tags, SLUICE_MAX_EXTENSIONS extension headers in any order.
 */
#ifndef SLUICE_CORE_PARSE_H
#define SLUICE_CORE_PARSE_H

#include "sluice/core/cursor.h"
#include "sluice/core/packet.h"
#include "sluice/core/parse_ip.h"
#include "sluice/core/wire.h"

#define SLUICE_MAX_TAGS 2u

/* ---- link ---- */

SLUICE_INLINE bool sluice_is_tag(__u32 type)
{
	return type == SLUICE_TYPE_VLAN || type == SLUICE_TYPE_QINQ || type == SLUICE_TYPE_QINQ_OLD;
}

/* Puts the cursor behind the link header; `type` becomes the EtherType there. */
SLUICE_INLINE __u32 sluice_parse_link(struct sluice_cursor *cursor, __u32 *type)
{
	const struct sluice_wire_ethernet *ethernet = (const struct sluice_wire_ethernet *)cursor->at;
	__u32 tags;

	if (!sluice_cursor_holds(cursor, sizeof(*ethernet)))
		return SLUICE_TRUNCATED;
	*type = SLUICE_BE16(ethernet->type);
	sluice_cursor_skip(cursor, sizeof(*ethernet));
	for (tags = 0; tags < SLUICE_MAX_TAGS && sluice_is_tag(*type); tags++) {
		const struct sluice_wire_tag *tag = (const struct sluice_wire_tag *)cursor->at;

		if (!sluice_cursor_holds(cursor, sizeof(*tag)))
			return SLUICE_TRUNCATED;
		*type = SLUICE_BE16(tag->type);
		sluice_cursor_skip(cursor, sizeof(*tag));
	}
	return sluice_is_tag(*type) ? (__u32)SLUICE_TAG_DEPTH : SLUICE_UNDECIDED;
}

/* ---- the whole ---- */

/* Parses [at, end), the readable part of a frame of `length` >= end - at bytes. Fills in `packet`, which must be zero, as far as it
 * gets; returns SLUICE_UNDECIDED or the reason that ends the packet's way here. */
SLUICE_INLINE __u32 sluice_parse(const void *at, const void *end, __u32 length, struct sluice_packet *packet)
{
	struct sluice_cursor cursor = {(const __u8 *)at, (const __u8 *)end, length};
	__u32 type = 0;
	__u32 reason = sluice_parse_link(&cursor, &type);

	packet->length = length;
	if (reason != SLUICE_UNDECIDED)
		return reason;
	packet->network_at = (__u8)(length - cursor.left);
	if (type == SLUICE_TYPE_IPV4)
		return sluice_parse_ipv4(&cursor, packet);
	if (type == SLUICE_TYPE_IPV6)
		return sluice_parse_ipv6(&cursor, packet);
	return SLUICE_NOT_IP;
}

#endif
