/* Ring 1: SYN cookies: a SYN's terms in the number and the timestamp of the answer, and out of the ACK again.
 *
 *   sequence number   30 bits of a keyed hash over addresses, ports, the client's number and the period; 1 bit that says
 *                     which of two periods; 1 bit of terms for clients without timestamps: the least, or what is common
 *   timestamp         milliseconds, the lower 7 bits the terms of clients with timestamps: MSS of four, window scale,
 *                     selective acknowledgement. Never ahead of the clock that sends the next one.
 *
 * A false cookie is right with a probability of 2^-30, whoever chose it.
 */
#ifndef SLUICE_CORE_COOKIE_H
#define SLUICE_CORE_COOKIE_H

#include "sluice/abi/cookie.h"
#include "sluice/core/addr.h"
#include "sluice/core/packet.h"
#include "sluice/core/siphash.h"
#include "sluice/core/terms.h"

/* The window scale that the host announces in every answer. */
#define SLUICE_COOKIE_OWN_SCALE 7u

/* ---- whether ---- */

/* Clocks of two programs differ by a tick or two: a time that one wrote may lie ahead of the other's. */
#define SLUICE_COOKIE_SLACK_NS 1000000000ull

SLUICE_INLINE bool sluice_within(__u64 since_mono_ns, __u64 now_mono_ns, __u64 span_ns)
{
	return since_mono_ns && now_mono_ns + SLUICE_COOKIE_SLACK_NS - since_mono_ns < span_ns + SLUICE_COOKIE_SLACK_NS;
}

/* Whether an ACK may bring one back. */
SLUICE_INLINE bool sluice_cookie_is_awaited(const struct sluice_cookies *state, __u64 now_mono_ns)
{
	return sluice_within(state->sent_mono_ns, now_mono_ns, SLUICE_COOKIE_AWAITED_NS);
}

/* Whether one that is sent now will be taken back. */
SLUICE_INLINE bool sluice_cookie_may_be_sent(const struct sluice_cookies *state, __u64 now_mono_ns)
{
	return state->ready && !sluice_within(state->refused_mono_ns, now_mono_ns, SLUICE_COOKIE_REST_NS);
}

/* ---- the cookie ---- */

struct sluice_cookie {
	__u32 sequence;
	__u32 stamp;               /* in milliseconds; sent if granted.stamped */
	struct sluice_terms granted;
};

SLUICE_INLINE __u32 sluice_cookie_period(__u64 now_mono_ns)
{
	return (__u32)(now_mono_ns >> SLUICE_COOKIE_PERIOD_SHIFT);
}

/* 30 bits. `sequence`: the client's, in network order. */
SLUICE_INLINE __u32 sluice_cookie_hash(const __u64 *key, const struct sluice_packet *packet, __be32 sequence, __u32 period)
{
	__u64 message[6] = {
		(__u64)packet->source.word[3] << 32 | packet->destination.word[3],
		(__u64)packet->source_port << 48 | (__u64)packet->destination_port << 32 | sequence,
		(__u64)period << 1 | packet->family,
		(__u64)packet->source.word[0] << 32 | packet->source.word[1],
		(__u64)packet->destination.word[0] << 32 | packet->destination.word[1],
		(__u64)packet->source.word[2] << 32 | packet->destination.word[2],
	};

	return (__u32)(sluice_siphash(key[0], key[1], message, packet->family == SLUICE_IPV4 ? 3 : 6) >> 34);
}

/* Milliseconds with the terms in the lower bits, never ahead. */
SLUICE_INLINE __u32 sluice_cookie_stamp(__u32 now_ms, __u32 state)
{
	__u32 stamp = (now_ms & ~SLUICE_STATE_MASK) | state;

	return stamp > now_ms ? stamp - (1u << SLUICE_STATE_BITS) : stamp;
}

/* The answer to a SYN. */
SLUICE_INLINE struct sluice_cookie sluice_cookie_for(const __u64 *key, const struct sluice_packet *syn, const struct sluice_terms *offered,
						     __u64 now_mono_ns)
{
	__u32 period = sluice_cookie_period(now_mono_ns);
	bool common = !offered->stamped && sluice_is_common(offered);
	struct sluice_cookie cookie = {};
	__u32 state = 0;

	if (offered->stamped)
		state = sluice_state_of(offered, syn->family);
	else if (common)
		state = SLUICE_COMMON_STATE;
	cookie.sequence = sluice_cookie_hash(key, syn, syn->sequence, period) << 2 | (period & 1) << 1 | common;
	cookie.granted = sluice_terms_of(state, syn->family);
	cookie.granted.stamped = offered->stamped;
	cookie.granted.stamp = offered->stamp;
	cookie.stamp = sluice_cookie_stamp((__u32)(now_mono_ns / 1000000), state);
	return cookie;
}

/* Of which period a cookie is, by its number: of this one, or the last; or the next, where the clock that sent it may be
 * there already. */
SLUICE_INLINE __u32 sluice_period_of(__u32 sequence, __u64 now_mono_ns)
{
	__u32 period = sluice_cookie_period(now_mono_ns);

	if ((sequence >> 1 & 1) == (period & 1))
		return period;
	return sluice_cookie_period(now_mono_ns + SLUICE_COOKIE_SLACK_NS) == period ? period - 1 : period + 1;
}

/* Whether an ACK's number is that of a cookie that still holds. */
SLUICE_INLINE bool sluice_cookie_is_right(const __u64 *key, const struct sluice_packet *ack, __u64 now_mono_ns)
{
	__u32 sequence = SLUICE_BE32(ack->acknowledgement) - 1;
	__be32 client = SLUICE_BE32(SLUICE_BE32(ack->sequence) - 1);

	return sluice_cookie_hash(key, ack, client, sluice_period_of(sequence, now_mono_ns)) == sequence >> 2;
}

/* What was granted, by the cookie's number and the options of the ACK. */
SLUICE_INLINE struct sluice_terms sluice_cookie_terms(const struct sluice_packet *ack, const struct sluice_terms *brought)
{
	bool common = (SLUICE_BE32(ack->acknowledgement) - 1) & 1;
	__u32 state = brought->stamped ? brought->echo & SLUICE_STATE_MASK : common ? SLUICE_COMMON_STATE : 0;
	struct sluice_terms terms = sluice_terms_of(state, ack->family);

	terms.stamped = brought->stamped;
	terms.stamp = brought->stamp;
	return terms;
}

#endif
