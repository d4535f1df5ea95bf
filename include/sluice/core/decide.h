/* Ring 1: facts to a decision. The precedence, written once:
 *
 *   malformed (core/parse.h) > neighbour discovery > failsafe > listed deny > ban > fragments > identity and admit >
 *   default, then, on services that ask, the packet's path (core/prove.h), then the limits (core/limiter.h). A listed
 *   allow outranks a ban, admit and the default; an identity that a service admits by role outranks the default.
 *
 * Opinions only: everything that had to be looked up is an argument.
 */
#ifndef SLUICE_CORE_DECIDE_H
#define SLUICE_CORE_DECIDE_H

#include "sluice/abi/policy.h"
#include "sluice/abi/verdict.h"
#include "sluice/core/lease.h"
#include "sluice/core/packet.h"

/* What lookups found. */
struct sluice_facts {
	struct sluice_class source;    /* what the lists say of the source */
	struct sluice_service service; /* terms of the service that the packet is for */
	struct sluice_lease lease;     /* whose the packet is; known only where the service asks */
	__u64 failsafe;                /* the failsafe entries that name source and destination both */
	__u16 slot;                    /* of the service */
	bool banned;
};

/* Limits that one packet can meet, in the order in which they are asked. */
#define SLUICE_DECISION_LIMITS 3u

/* What policy says. If `reason` passes, it stands unless a limit refuses. */
struct sluice_decision {
	__u32 reason;
	__u16 rule;                          /* what decided; 0: no rule of its own */
	__u16 limit[SLUICE_DECISION_LIMITS]; /* 0: none */
	__u16 unproved;                      /* asked before those, unless the path is proved; 0: no proof is asked for */
	bool claimed;                        /* the source is only claimed: see core/prove.h */
};

SLUICE_INLINE bool sluice_has_limits(const struct sluice_decision *decision)
{
	return decision->limit[0] | decision->limit[1] | decision->limit[2] | decision->unproved;
}

SLUICE_INLINE struct sluice_decision sluice_decided(__u32 reason, __u16 rule)
{
	struct sluice_decision decision = {reason, rule, {0, 0, 0}, 0, false};

	return decision;
}

SLUICE_INLINE bool sluice_is_identified(const struct sluice_facts *facts)
{
	return facts->lease.state == SLUICE_LEASE_IN_FORCE;
}

/* A packet that may pass, under the limits of its service. A list's own limit stands in for those on sources; an
 * identity's for all of them, so that no flood of others uses up what is the identity's. */
SLUICE_INLINE struct sluice_decision sluice_allowed(__u32 reason, const struct sluice_facts *facts)
{
	struct sluice_decision decision = sluice_decided(reason, facts->source.rule);

	if (!facts->source.limit && facts->service.each_identity && sluice_is_identified(facts)) {
		decision.limit[0] = facts->service.each_identity;
		return decision;
	}
	decision.limit[0] = facts->service.all_sources;
	decision.limit[1] = facts->source.limit ? facts->source.limit : facts->service.each_source;
	decision.limit[2] = facts->source.limit ? 0 : facts->service.each_prefix;
	decision.unproved = sluice_is_identified(facts) ? 0 : facts->service.unproved; /* a lease is proof */
	return decision;
}

/* The rule of the first entry named. Requires entries != 0. */
SLUICE_INLINE __u16 sluice_failsafe_rule(__u64 entries)
{
	__u32 first = 0;
	__u32 half;

	for (half = SLUICE_MAX_FAILSAFE / 2; half; half /= 2) {
		if (!(entries & ((1ull << half) - 1))) {
			entries >>= half;
			first += half;
		}
	}
	return (__u16)(SLUICE_RULE_FIRST_FAILSAFE + first);
}

/* The reason of a limit's refusal. */
SLUICE_INLINE __u32 sluice_refusal(__u32 scope, __u32 dimension)
{
	if (scope == SLUICE_SCOPE_IDENTITY)
		return SLUICE_IDENTITY_PACKETS + dimension;
	if (scope == SLUICE_SCOPE_UNPROVED)
		return SLUICE_UNPROVED;
	if (scope == SLUICE_SCOPE_REPLIES || scope == SLUICE_SCOPE_REPLIES_PREFIX)
		return SLUICE_REPLY_CAPPED;
	return SLUICE_SERVICE_PACKETS + scope * SLUICE_DIMENSIONS + dimension;
}

/* Whether the service asks whose a packet is. */
SLUICE_INLINE bool sluice_asks_identity(const struct sluice_service *service)
{
	return service->admit == SLUICE_ADMIT_ROLES || service->each_identity;
}

SLUICE_INLINE struct sluice_decision sluice_decide(const struct sluice_packet *packet, const struct sluice_facts *facts,
						   bool default_deny, bool drop_fragments)
{
	bool listed = facts->source.listed == SLUICE_SOURCE_ALLOWED;
	bool by_role = facts->service.admit == SLUICE_ADMIT_ROLES && sluice_is_identified(facts) &&
		       (facts->lease.roles & facts->service.roles);

	if (packet->neighbour)
		return sluice_decided(SLUICE_NEIGHBOUR, 0);
	if (facts->failsafe)
		return sluice_decided(SLUICE_FAILSAFE, sluice_failsafe_rule(facts->failsafe));
	if (facts->source.listed == SLUICE_SOURCE_DENIED)
		return sluice_decided(SLUICE_LISTED_DENY, facts->source.rule);
	if (facts->banned && !listed)
		return sluice_decided(SLUICE_BANNED, 0);
	if (packet->fragment && drop_fragments)
		return sluice_decided(SLUICE_FRAGMENT, 0);
	if (facts->service.admit == SLUICE_ADMIT_LISTED && !listed)
		return sluice_decided(SLUICE_NOT_ADMITTED, 0);
	if (facts->service.admit == SLUICE_ADMIT_ROLES && !listed && !by_role)
		return sluice_decided(sluice_is_identified(facts) ? SLUICE_ROLE_MISSING : SLUICE_UNIDENTIFIED, 0);
	if (default_deny && !listed && !by_role)
		return sluice_decided(SLUICE_DEFAULT_DENY, 0);
	if (packet->fragment)
		return sluice_allowed(SLUICE_FRAGMENT_ALLOW, facts);
	if (listed)
		return sluice_allowed(SLUICE_LISTED, facts);
	if (sluice_is_identified(facts))
		return sluice_allowed(SLUICE_IDENTIFIED, facts);
	if (facts->slot >= SLUICE_SERVICE_FIRST)
		return sluice_allowed(SLUICE_ADMITTED, facts);
	return sluice_allowed(SLUICE_DEFAULT_ALLOW, facts);
}

#endif
