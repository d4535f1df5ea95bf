/* Whose packet it is: the lease that names it, looked up only where the service asks. No opinions.
 *
 * A packet that opens a connection is no part of the flow that had its ports before: it clears that flow's binding,
 * unless this host still has the connection; then somebody else wrote the packet, and the stack will say so. A RST or a
 * FIN changes nothing here. */
#ifndef SLUICE_BPF_IDENTIFY_H
#define SLUICE_BPF_IDENTIFY_H

#include "maps.h"
#include "socket.h"
#include "sluice/core/addr.h"
#include "sluice/core/decide.h"
#include "sluice/core/lease.h"
#include "walk.h"

/* Whether a connection of this host has these addresses and ports, and may still carry data. */
static __always_inline bool has_connection(struct xdp_md *context, const struct sluice_packet *packet)
{
	struct bpf_sock *socket;
	bool has;

	socket = find_tcp_socket(context, packet);
	if (!socket)
		return false;
	has = socket->state != BPF_TCP_LISTEN && socket->state != BPF_TCP_TIME_WAIT;
	bpf_sk_release(socket);
	return has;
}

/* Takes the binding of `length` into account; false where a slot is not there. */
static __always_inline bool weigh(const struct sluice_binding *binding, __u8 length, struct sluice_lease *lease)
{
	__u32 slot = binding->slot;
	const struct sluice_identity *identity = bpf_map_lookup_elem(&identities, &slot);
	__u8 state;

	if (!identity)
		return false;
	state = sluice_lease_state(identity, binding, bpf_ktime_get_boot_ns());
	if (!sluice_lease_outranks(state, length, lease))
		return true;
	lease->roles = state == SLUICE_LEASE_IN_FORCE ? identity->roles : 0;
	lease->slot = slot;
	lease->state = state;
	lease->length = length;
	return true;
}

static __always_inline bool weigh_flow(struct xdp_md *context, const struct sluice_packet *packet, bool clear,
				       struct sluice_lease *lease)
{
	struct sluice_binding_key key = sluice_flow_key(packet);
	const struct sluice_binding *binding = bpf_map_lookup_elem(&bindings, &key);

	if (!binding)
		return true;
	if (!packet->opens_connection)
		return weigh(binding, SLUICE_BINDING_FLOW, lease);
	if (clear && !has_connection(context, packet))
		bpf_map_delete_elem(&bindings, &key);
	return true;
}

static __always_inline bool weigh_prefix(const struct sluice_packet *packet, __u8 length, struct sluice_lease *lease)
{
	struct sluice_addr mask = sluice_addr_mask(length);
	struct sluice_binding_key key = {};
	const struct sluice_binding *binding;

	key.source = sluice_addr_masked(&packet->source, &mask);
	key.length = length;
	binding = bpf_map_lookup_elem(&bindings, &key);
	return !binding || weigh(binding, length, lease);
}

/* The lease that names the packet, if there is one. A global function: the verifier judges it once. False where a lookup
 * that cannot fail failed. */
__noinline int find_lease(struct xdp_md *context, const struct sluice_packet *packet, bool clear, struct sluice_lease *lease)
{
	__u32 zero = 0, family, i;
	const struct sluice_binding_lengths *lengths = bpf_map_lookup_elem(&binding_lengths, &zero);

	if (!packet || !lease || !lengths)
		return false;
	if (lengths->flows && packet->has_ports && !weigh_flow(context, packet, clear, lease))
		return false;
	family = packet->family & 1;
	for (i = 0; i < SLUICE_MAX_BINDING_LENGTHS && i < lengths->count[family]; i++) {
		if (!weigh_prefix(packet, lengths->length[family][i], lease))
			return false;
	}
	return true;
}

/* `clear`: a binding may be cleared on the way. */
static __always_inline bool identify(struct walk *walk, struct xdp_md *context, bool clear)
{
	if (!config.by_identity || !sluice_asks_identity(&walk->facts.service))
		return true;
	return find_lease(context, &walk->packet, clear, &walk->facts.lease);
}

#endif
