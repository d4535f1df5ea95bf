/* Ring 0: path proof: what is known of the way back to a packet's source, and the sources whose path is proved.
 *
 * A source address is a claim until somebody answered from there. A source is proved once this host has a connection
 * with it: its kernel saw the answer to a sequence number that only the holder of the address got to read.
 */
#ifndef SLUICE_ABI_PROOF_H
#define SLUICE_ABI_PROOF_H

#include "sluice/abi/base.h"

/* Stored in explanations: append, never renumber. */
enum sluice_path {
	SLUICE_PATH_UNASKED = 0,    /* nobody asked: the service wants no proof */
	SLUICE_PATH_CONNECTION = 1, /* the packet belongs to a connection of this host */
	SLUICE_PATH_HANDSHAKE = 2,  /* to one that is not complete: anybody's SYN begins it, or the host's own */
	SLUICE_PATH_COOKIE = 3,     /* it brings back a SYN cookie that the host's kernel sent */
	SLUICE_PATH_PROVED = 4,     /* it begins something, and its source is proved */
	SLUICE_PATH_UNPROVED = 5,   /* it begins something, and nothing is known of its source */
	SLUICE_PATH_NOBODY = 6,     /* it ends on this host, where it belongs to no connection and nobody listens for it */
	SLUICE_PATH_ELSEWHERE = 7,  /* this host forwards it: its sockets have no say */
	SLUICE_PATH_ANSWERED = 8,   /* it brings back a SYN cookie of Sluice's own */
	SLUICE_PATH_FOLLOWS = 9,    /* it comes right behind such a one, before the stack has made a socket */
	SLUICE_PATHS = 10,
};

/* The proved sources: an IPv4 address, an IPv6 /64. One cache line a set, 131 072 sources in 1 MiB. */
#define SLUICE_PROOF_WAYS 8u
#define SLUICE_PROOF_SETS 16384u

/* A way: the source's tag in the upper 32 bits, in the lower 32 when its proof expires, in whole seconds of
 * CLOCK_MONOTONIC. 0: free. */
struct sluice_proof_set {
	__u64 way[SLUICE_PROOF_WAYS];
} __attribute__((aligned(8)));

/* A proof stands so long; one that still stands longer than the second is not written again. Between the two, then,
 * does a source stay proved after its last packet. */
#define SLUICE_PROOF_SECONDS 600u
#define SLUICE_PROOF_FRESH_SECONDS 300u

SLUICE_STATIC_ASSERT(sizeof(struct sluice_proof_set) == SLUICE_CACHE_LINE, "a set is one cache line");

#endif
