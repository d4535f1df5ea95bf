/* What is known of one packet, in the order in which it becomes known. */
#ifndef SLUICE_BPF_WALK_H
#define SLUICE_BPF_WALK_H

#include "sluice/core/decide.h"
#include "sluice/core/packet.h"

struct walk {
	struct sluice_packet packet;     /* parse */
	struct sluice_facts facts;       /* classify */
	__u32 path;                      /* prove: enum sluice_path */
	struct sluice_decision decision; /* decide, then prove and limit: reason and rule are the final ones */
};

#endif
