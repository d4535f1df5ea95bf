/* Ring 1: a packet: what its bytes say. */
#ifndef SLUICE_CORE_PACKET_H
#define SLUICE_CORE_PACKET_H

#include "sluice/abi/addr.h"
#include "sluice/abi/verdict.h"

struct sluice_packet {
	struct sluice_addr source;
	struct sluice_addr destination;
	__u32 length;           /* bytes of the whole frame, link header included */
	__be32 sequence;        /* TCP */
	__be32 acknowledgement; /* TCP */
	__u16 source_port;      /* host order; 0 where the protocol has none, and in fragments */
	__u16 destination_port;
	__u8 family;            /* SLUICE_IPV4, SLUICE_IPV6 */
	__u8 protocol;          /* the transport's; in a fragment what the fragment says follows */
	bool has_ports;
	bool fragment;          /* part of a datagram; an IPv6 atomic fragment (RFC 6946) is whole */
	bool opens_connection;  /* TCP SYN without ACK, whatever other flags and options */
	bool neighbour;         /* neighbour discovery that no router can have forwarded */
	bool padded;            /* the frame goes on behind the IP datagram */
	__u8 tcp_flags;         /* as on the wire */
	__u8 network_at;        /* where the IP header begins */
	__u8 reserved;
	__u16 datagram;         /* bytes that the IP header says there are, itself included */
	__u16 transport_at;     /* TCP: where its header begins */
};

/* In place of a reason while there is none. */
#define SLUICE_UNDECIDED SLUICE_REASONS

#endif
