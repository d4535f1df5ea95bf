/* Ring 0: what the program found of one packet and decided: what `explain` and `replay` read. No packet on the wire
 * writes one; see bpf/explain.h. */
#ifndef SLUICE_ABI_EXPLANATION_H
#define SLUICE_ABI_EXPLANATION_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"
#include "sluice/abi/limit.h"

/* A meter that has a say on the packet. */
struct sluice_asked {
	__u64 level;  /* units in the key's bucket before the packet; of a sliding log, the charges in its window */
	__u64 amount; /* units that the packet costs */
	__u16 limit;  /* its number */
	__u8 dimension; /* enum sluice_dimension */
	__u8 refuses;   /* 1: the packet does not fit */
	__u32 wait_ticks; /* of a sliding log that refuses: until a charge leaves the window */
};

/* Three limits of three meters each, as many that were before them, and the one of an unproved budget. */
#define SLUICE_MAX_ASKED 19u

struct sluice_explanation {
	__u64 now_mono_ns; /* the clock that it was judged by */
	struct sluice_addr source;
	struct sluice_addr destination;
	__u32 length;       /* bytes of the frame */
	__u32 reason;       /* enum sluice_reason */
	__u32 count;        /* of `asked`, those that count */
	__u16 source_port;  /* host order; 0 where there is none */
	__u16 destination_port;
	__u16 rule;         /* the one that decided; 0: none */
	__u16 service;      /* slot */
	__u16 list;         /* rule number of the list that the source is on; 0: none */
	__u8 protocol;
	__u8 family;        /* SLUICE_IPV4, SLUICE_IPV6 */
	__u8 listed;        /* enum sluice_listed */
	__u8 banned;        /* 1: a ban of the source stands, whether it decided or not */
	__u8 fragment;      /* 1: a part of a datagram */
	__u8 lease;         /* enum sluice_lease_state: of the binding that names the packet */
	__u8 lease_length;  /* of that binding: see struct sluice_binding_key */
	__u8 path;          /* enum sluice_path */
	__u8 reserved[2];
	__u64 roles;        /* of the identity; 0 unless its lease is in force */
	__u32 identity;     /* its slot, in force or not; 0: none */
	__u32 reserved_too;
	struct sluice_asked asked[SLUICE_MAX_ASKED]; /* in the order in which they are asked */
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_asked) == 24, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_explanation) == 88 + 19 * 24, "no hidden padding");

#endif
