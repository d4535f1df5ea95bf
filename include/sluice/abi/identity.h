/* Ring 0: identities, and the bindings that say which packets are theirs. State that outlives policies and daemons; the
 * kernel judges expiry on every packet, so that a dead daemon can lose access and never extend it.
 *
 * A binding counts while its generation is that of its slot and both of their times lie ahead. Revoking is one write to
 * the slot, for any number of bindings; a slot that goes to another identity gets another generation. Times are of
 * CLOCK_BOOTTIME, which goes on while the host sleeps: no suspend lengthens a lease. */
#ifndef SLUICE_ABI_IDENTITY_H
#define SLUICE_ABI_IDENTITY_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"

#define SLUICE_MAX_ROLES 64u
#define SLUICE_ROLE_FIRST 1u /* bit 0 of a mask of roles is nobody's */

#define SLUICE_IDENTITY_NONE 0u /* slot 0: nobody */

struct sluice_identity {
	__u64 expires_boot_ns; /* CLOCK_BOOTTIME */
	__u64 roles;           /* bit i: role number i of the running policy */
	__u32 generation;      /* bindings of another one are void */
	__u32 blocked;         /* 1: revoked by name; the daemon leases nothing to it. No packet reads this */
};

/* Beside the slot, for people and the next daemon; no packet reads it. */
struct sluice_identity_name {
	__u8 digest[32];    /* SHA-256 of the authority, a zero byte and the name, whole; all zero: the slot is free */
	char name[160];     /* UTF-8, zero-terminated; cut off where it is longer */
	char authority[64]; /* the same: the trust domain or PKI that vouches for it */
};

/* A flow, or every packet of a prefix. */
struct sluice_binding_key {
	struct sluice_addr source;      /* of a prefix: host bits zero */
	struct sluice_addr destination; /* of a prefix: zero, as are the four below */
	__u16 source_port;              /* host order */
	__u16 destination_port;
	__u8 protocol;
	__u8 length; /* bits of the prefix, in the mapped form: IPv4 /32 is 128; SLUICE_BINDING_FLOW: a flow */
	__u8 reserved[2];
};

#define SLUICE_BINDING_FLOW 255u

struct sluice_binding {
	__u64 expires_boot_ns; /* CLOCK_BOOTTIME */
	__u32 slot;
	__u32 generation; /* of the slot when it was bound */
};

/* What bindings there may be, so that a packet looks for no others. While any binding is there, lengths are only
 * appended and `flows` stays set: a reader misses none that was there. */
#define SLUICE_MAX_BINDING_LENGTHS 8u
struct sluice_binding_lengths {
	__u32 flows; /* 1: of flows */
	__u32 count[SLUICE_FAMILIES];
	__u8 length[SLUICE_FAMILIES][SLUICE_MAX_BINDING_LENGTHS];
	__u32 reserved;
};

enum sluice_lease_state {
	SLUICE_LEASE_NONE = 0, /* no binding names the packet */
	SLUICE_LEASE_IN_FORCE = 1,
	SLUICE_LEASE_EXPIRED = 2,
	SLUICE_LEASE_REVOKED = 3,
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_identity) == 24, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_identity_name) == 256, "four cache lines");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_binding_key) == 40, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_binding) == 16, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_binding_lengths) == 32, "no hidden padding");

#endif
