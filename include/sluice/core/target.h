/* Ring 1: where a packet's destination is looked up. */
#ifndef SLUICE_CORE_TARGET_H
#define SLUICE_CORE_TARGET_H

#include "sluice/abi/policy.h"
#include "sluice/core/packet.h"
#include "sluice/core/wire.h"

/* The cell of `ports` that a packet falls in. */
SLUICE_INLINE __u32 sluice_port_cell(const struct sluice_packet *packet)
{
	if (!packet->has_ports)
		return SLUICE_CELL_PROTOCOL + packet->protocol;
	return (packet->protocol == SLUICE_PROTO_TCP ? SLUICE_CELL_TCP : SLUICE_CELL_UDP) + packet->destination_port;
}

#endif
