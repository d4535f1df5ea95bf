/* Ring 1: headers as they stand on the wire. Packed to two bytes, which is what Ethernet guarantees of their alignment. */
#ifndef SLUICE_CORE_WIRE_H
#define SLUICE_CORE_WIRE_H

#include "sluice/abi/base.h"

#define SLUICE_WIRE __attribute__((packed, aligned(2)))

struct sluice_wire_ethernet {
	__u8 destination[6];
	__u8 source[6];
	__be16 type;
} SLUICE_WIRE;

/* IEEE 802.1Q: what follows the type that announced it. */
struct sluice_wire_tag {
	__be16 control;
	__be16 type;
} SLUICE_WIRE;

#define SLUICE_TYPE_IPV4 0x0800u
#define SLUICE_TYPE_IPV6 0x86ddu
#define SLUICE_TYPE_VLAN 0x8100u
#define SLUICE_TYPE_QINQ 0x88a8u
#define SLUICE_TYPE_QINQ_OLD 0x9100u

/* RFC 791, section 3.1 */
struct sluice_wire_ipv4 {
	__u8 version_words;
	__u8 service;
	__be16 length;
	__be16 identification;
	__be16 fragment; /* reserved, don't fragment, more fragments, 13 bits of offset */
	__u8 time_to_live;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
} SLUICE_WIRE;

/* RFC 8200, section 3 */
struct sluice_wire_ipv6 {
	__u8 version_class;
	__u8 class_label[3];
	__be16 payload_length;
	__u8 next;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
} SLUICE_WIRE;

/* The first eight bytes of every extension header (RFC 8200, section 4; RFC 4302 for AH). */
struct sluice_wire_extension {
	__u8 next;
	__u8 length;
	__be16 fragment; /* fragment header: 13 bits of offset, two reserved, more fragments */
	__be32 rest;
} SLUICE_WIRE;

/* RFC 9293, section 3.1 */
struct sluice_wire_tcp {
	__be16 source;
	__be16 destination;
	__be32 sequence;
	__be32 acknowledgement;
	__u8 offset; /* upper half: words */
	__u8 flags;
	__be16 window;
	__be16 checksum;
	__be16 urgent;
} SLUICE_WIRE;

#define SLUICE_TCP_FIN 0x01u
#define SLUICE_TCP_SYN 0x02u
#define SLUICE_TCP_RST 0x04u
#define SLUICE_TCP_ACK 0x10u

/* RFC 768 */
struct sluice_wire_udp {
	__be16 source;
	__be16 destination;
	__be16 length;
	__be16 checksum;
} SLUICE_WIRE;

/* RFC 4443; the types of RFC 4861 that neighbour discovery uses are 133 to 137. */
struct sluice_wire_icmpv6 {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 body;
} SLUICE_WIRE;

#define SLUICE_NEIGHBOUR_FIRST 133u
#define SLUICE_NEIGHBOUR_LAST 137u

#define SLUICE_PROTO_HOP_BY_HOP 0u
#define SLUICE_PROTO_TCP 6u
#define SLUICE_PROTO_UDP 17u
#define SLUICE_PROTO_ROUTING 43u
#define SLUICE_PROTO_FRAGMENT 44u
#define SLUICE_PROTO_AH 51u
#define SLUICE_PROTO_ICMPV6 58u
#define SLUICE_PROTO_DESTINATION 60u
#define SLUICE_PROTO_MOBILITY 135u
#define SLUICE_PROTO_HIP 139u
#define SLUICE_PROTO_SHIM6 140u

SLUICE_STATIC_ASSERT(sizeof(struct sluice_wire_ethernet) == 14, "IEEE 802.3");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_wire_ipv4) == 20, "RFC 791");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_wire_ipv6) == 40, "RFC 8200");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_wire_tcp) == 20, "RFC 9293");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_wire_udp) == 8, "RFC 768");

#endif
