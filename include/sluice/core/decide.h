/* Ring 1: facts to a decision. The precedence, written once:
 *
 *   malformed (core/parse.h) > neighbour discovery > failsafe > listed deny > ban > fragments > admit > default,
 *   then the limits (core/limiter.h). A listed allow outranks a ban, and nothing else.
 *
 * Opinions only: everything that had to be looked up is an argument.
 */
#ifndef SLUICE_CORE_DECIDE_H
#define SLUICE_CORE_DECIDE_H

#include "sluice/abi/policy.h"
#include "sluice/abi/verdict.h"
#include "sluice/core/packet.h"

/* What lookups found. */
struct sluice_facts {
	struct sluice_class source;    /* what the lists say of the source */
	struct sluice_service service; /* terms of the service that the packet is for */
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
};

SLUICE_INLINE bool sluice_has_limits(const struct sluice_decision *decision)
{
	return decision->limit[0] | decision->limit[1] | decision->limit[2];
}

SLUICE_INLINE struct sluice_decision sluice_decided(__u32 reason, __u16 rule)
{
	struct sluice_decision decision = {reason, rule, {0, 0, 0}};

	return decision;
}

/* A packet that may pass, under the limits of its service; a list's own limit stands in for those on sources. */
SLUICE_INLINE struct sluice_decision sluice_allowed(__u32 reason, const struct sluice_facts *facts)
{
	struct sluice_decision decision = sluice_decided(reason, facts->source.rule);

	decision.limit[0] = facts->service.all_sources;
	decision.limit[1] = facts->source.limit ? facts->source.limit : facts->service.each_source;
	decision.limit[2] = facts->source.limit ? 0 : facts->service.each_prefix;
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

SLUICE_INLINE struct sluice_decision sluice_decide(const struct sluice_packet *packet, const struct sluice_facts *facts,
						   bool default_deny, bool drop_fragments)
{
	bool listed = facts->source.listed == SLUICE_SOURCE_ALLOWED;

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
	if (default_deny && !listed)
		return sluice_decided(SLUICE_DEFAULT_DENY, 0);
	if (packet->fragment)
		return sluice_allowed(SLUICE_FRAGMENT_ALLOW, facts);
	if (listed)
		return sluice_allowed(SLUICE_LISTED, facts);
	if (facts->slot >= SLUICE_SERVICE_FIRST)
		return sluice_allowed(SLUICE_ADMITTED, facts);
	return sluice_allowed(SLUICE_DEFAULT_ALLOW, facts);
}

#endif
