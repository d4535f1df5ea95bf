/* Ring 1: the terms of a TCP connection: read from a SYN's options, and as the few bits that a cookie has room for (cookie.h).
 * Terms are rounded down, never up: what the host then sends is never more than the client allowed.
 */
#ifndef SLUICE_CORE_TERMS_H
#define SLUICE_CORE_TERMS_H

#include "sluice/core/addr.h"

#define SLUICE_LARGEST_SCALE 14u /* RFC 7323, 2.3 */

/* What a SYN's options offer, or what an answer grants of it. */
struct sluice_terms {
	__u16 mss;          /* 0: none */
	__u8 scale;         /* of the client's window; if `scaled` */
	bool scaled;
	bool selective;     /* acknowledgement */
	bool stamped;       /* timestamps */
	__u8 reserved[2];
	__u32 stamp;        /* the client's, host order; if `stamped` */
	__u32 echo;         /* what it echoes */
};

/* ---- options ---- */

#define SLUICE_OPTION_ROOM 40u /* a TCP header has no more */

struct sluice_options {
	__u8 bytes[SLUICE_OPTION_ROOM];
	__u32 length;
	__u32 at;
	struct sluice_terms terms;
};

SLUICE_INLINE __u32 sluice_option_byte(const struct sluice_options *options, __u32 at)
{
	return at < SLUICE_OPTION_ROOM ? options->bytes[at] : 0;
}

SLUICE_INLINE __u32 sluice_option_word(const struct sluice_options *options, __u32 at)
{
	return sluice_option_byte(options, at) << 24 | sluice_option_byte(options, at + 1) << 16 |
	       sluice_option_byte(options, at + 2) << 8 | sluice_option_byte(options, at + 3);
}

SLUICE_INLINE void sluice_option_taken(struct sluice_options *options, __u32 kind, __u32 size, __u32 at)
{
	struct sluice_terms *terms = &options->terms;

	if (kind == 2 && size == 4)
		terms->mss = (__u16)(sluice_option_byte(options, at) << 8 | sluice_option_byte(options, at + 1));
	if (kind == 3 && size == 3) {
		__u32 scale = sluice_option_byte(options, at);

		terms->scale = (__u8)(scale > SLUICE_LARGEST_SCALE ? SLUICE_LARGEST_SCALE : scale);
		terms->scaled = true;
	}
	if (kind == 4 && size == 2)
		terms->selective = true;
	if (kind == 8 && size == 10) {
		terms->stamp = sluice_option_word(options, at);
		terms->echo = sluice_option_word(options, at + 4);
		terms->stamped = true;
	}
}

/* Reads the next option; false at their end. At most SLUICE_OPTION_ROOM times. Odd or unknown ones are stepped over. */
SLUICE_INLINE bool sluice_option_step(struct sluice_options *options)
{
	__u32 at = options->at, kind, size;

	if (at >= options->length)
		return false;
	kind = sluice_option_byte(options, at);
	if (kind == 0)
		return false;
	if (kind == 1) {
		options->at = at + 1;
		return true;
	}
	size = sluice_option_byte(options, at + 1);
	if (size < 2 || at + size > options->length)
		return false;
	sluice_option_taken(options, kind, size, at + 2);
	options->at = at + size;
	return true;
}

/* ---- terms as a few bits ---- */

#define SLUICE_STATE_BITS 7u
#define SLUICE_STATE_MASK ((1u << SLUICE_STATE_BITS) - 1)

/* IPv4, then IPv6: the least that RFC 9293 and RFC 8200 grant, tunnels, full Ethernet. */
SLUICE_INLINE __u32 sluice_cookie_mss(__u32 family, __u32 step)
{
	if (family == SLUICE_IPV4)
		return step == 0 ? 536 : step == 1 ? 1300 : step == 2 ? 1400 : 1460;
	return step == 0 ? 1220 : step == 1 ? 1300 : step == 2 ? 1380 : 1440;
}

SLUICE_INLINE __u32 sluice_mss_step(__u32 family, __u32 mss)
{
	__u32 step;

	for (step = 3; step > 0; step--) {
		if (mss >= sluice_cookie_mss(family, step))
			return step;
	}
	return 0;
}

/* The scale and one, or 0: none. */
SLUICE_INLINE __u32 sluice_scale_step(const struct sluice_terms *terms)
{
	return terms->scaled ? terms->scale + 1u : 0;
}

SLUICE_INLINE __u32 sluice_state_of(const struct sluice_terms *terms, __u32 family)
{
	return sluice_mss_step(family, terms->mss) | sluice_scale_step(terms) << 2 | (__u32)terms->selective << 6;
}

SLUICE_INLINE struct sluice_terms sluice_terms_of(__u32 state, __u32 family)
{
	struct sluice_terms terms = {};
	__u32 step = state >> 2 & 15;

	terms.mss = (__u16)sluice_cookie_mss(family, state & 3);
	terms.scaled = step != 0;
	terms.scale = (__u8)(step ? step - 1 : 0);
	terms.selective = state >> 6 & 1;
	return terms;
}

/* What is common where timestamps are not: MSS of 1300 and more, a scale of 8 and more, selective acknowledgement. */
SLUICE_INLINE bool sluice_is_common(const struct sluice_terms *terms)
{
	return terms->mss >= 1400 && terms->scaled && terms->scale >= 8 && terms->selective;
}

#define SLUICE_COMMON_STATE (2u | 9u << 2 | 1u << 6)

#endif
