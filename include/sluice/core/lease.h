/* Ring 1: a lease: whether a binding counts, and what it makes of a packet. */
#ifndef SLUICE_CORE_LEASE_H
#define SLUICE_CORE_LEASE_H

#include "sluice/abi/identity.h"
#include "sluice/core/packet.h"

/* Whose a packet is. */
struct sluice_lease {
	__u64 roles;  /* 0 unless in force */
	__u32 slot;   /* of the identity, in force or not; SLUICE_IDENTITY_NONE: no binding names the packet */
	__u8 state;   /* enum sluice_lease_state */
	__u8 length;  /* of the binding: see struct sluice_binding_key */
	__u8 reserved[2];
};

SLUICE_INLINE __u8 sluice_lease_state(const struct sluice_identity *identity, const struct sluice_binding *binding,
				      __u64 now_boot_ns)
{
	if (identity->generation != binding->generation)
		return SLUICE_LEASE_REVOKED;
	if (now_boot_ns >= identity->expires_boot_ns || now_boot_ns >= binding->expires_boot_ns)
		return SLUICE_LEASE_EXPIRED;
	return SLUICE_LEASE_IN_FORCE;
}

/* Whether `state` under a binding of `length` says more of the packet than `lease` does: what is in force before what is
 * not, then the longest. */
SLUICE_INLINE bool sluice_lease_outranks(__u8 state, __u8 length, const struct sluice_lease *lease)
{
	if ((state == SLUICE_LEASE_IN_FORCE) != (lease->state == SLUICE_LEASE_IN_FORCE))
		return state == SLUICE_LEASE_IN_FORCE;
	return lease->state == SLUICE_LEASE_NONE || length > lease->length;
}

SLUICE_INLINE struct sluice_binding_key sluice_flow_key(const struct sluice_packet *packet)
{
	struct sluice_binding_key key = {
		packet->source,   packet->destination, packet->source_port, packet->destination_port,
		packet->protocol, SLUICE_BINDING_FLOW, {0, 0},
	};

	return key;
}

/* What an identity's bucket is found under, whatever its addresses. */
SLUICE_INLINE struct sluice_addr sluice_identity_key(__u32 slot)
{
	struct sluice_addr key = {{0, 0, 0, slot}};

	return key;
}

#endif
