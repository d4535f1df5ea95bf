/* Ring 1: what the path of a packet means for it, on a service that asks for proof.
 *
 * The rule: nothing is charged to whoever a packet merely claims to come from.
 *   - What belongs to nobody ends here. It costs no limit anything.
 *   - A SYN of an unproved source spends the service's `unproved` budget, and what all sources share; its source's and
 *     its prefix's limits are neither asked nor charged.
 *   - A SYN of a proved source passes that budget by, and so does a packet of a handshake. They meet the limits of their
 *     source and prefix, but in levels apart ("claimed"): floods in its name leave those of its connections as they are.
 *   - A SYN past the budget that is answered by a cookie costs nobody anything; the ACK that brings the cookie back opens
 *     the connection, in place of the SYN that nobody kept.
 *   - A packet of a connection meets every limit as ever.
 * UDP has no handshake. An unproved datagram spends the budget beside the limits of its source, which hold what is claimed.
 */
#ifndef SLUICE_CORE_PROVE_H
#define SLUICE_CORE_PROVE_H

#include "sluice/abi/proof.h"
#include "sluice/core/addr.h"
#include "sluice/core/decide.h"
#include "sluice/core/parse_ip.h"
#include "sluice/core/wire.h"

/* Paths of TCP packets whose source is only claimed, one bit each. */
#define SLUICE_CLAIMED_PATHS (1u << SLUICE_PATH_PROVED | 1u << SLUICE_PATH_HANDSHAKE | 1u << SLUICE_PATH_COOKIE | \
			      1u << SLUICE_PATH_ANSWERED | 1u << SLUICE_PATH_FOLLOWS)

/* A decision that asks for proof, once the path is known. verifier: without a branch on what limits are asked, 6.18 with clang 14
 * judges those once and not once a path. */
SLUICE_INLINE struct sluice_decision sluice_proved(struct sluice_decision decision, __u32 protocol, __u32 path)
{
	__u32 tcp = sluice_equal(protocol, SLUICE_PROTO_TCP);
	__u32 unproved = sluice_equal(path, SLUICE_PATH_UNPROVED);
	__u16 kept = (__u16)((tcp & unproved) - 1);

	if (path == SLUICE_PATH_NOBODY)
		return sluice_decided(tcp ? SLUICE_NO_CONNECTION : SLUICE_NO_LISTENER, 0);
	decision.unproved &= (__u16)(0 - unproved);
	decision.limit[1] &= kept;
	decision.limit[2] &= kept;
	decision.claimed = tcp & SLUICE_CLAIMED_PATHS >> path;
	return decision;
}

/* Who a packet claims to be from, as a key of its own: no IPv4 source has such a one, and no IPv6 source that is
 * assigned. A key that is all zero once masked, that of all sources together, stays what it is. verifier: without a branch. */
SLUICE_INLINE struct sluice_addr sluice_addr_claimed(struct sluice_addr source, bool claimed)
{
	source.word[0] ^= SLUICE_BE32(0xff000000u) & (0 - (__u32)claimed);
	return source;
}

#endif
