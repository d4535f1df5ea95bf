/* Ring 1: the sliding log: at most so many charges of a key in any window, exactly.
 *
 * A set is SLUICE_LOG_WORDS words. Each admitted charge is one of them: the key's tag, and the tick at which the charge leaves
 * the window. A key's level is the number of its words that have not left. A charge is admitted if the level is under the
 * limit and the lowest word of the set has left its window; it takes that word's place.
 *
 * The bound: admitted <= burst in any window, by the clock as processors read it for their packets; a charge stays for up
 * to two ticks (131 microseconds) longer than the window. On the wire a window is shorter by what that clock is coarse, and by
 * what processors are late to each other.
 *
 * On all processors together. Words only grow, everybody takes the lowest, the first among equals, by one
 * compare-and-swap. Suppose that a processor took word i, and that another took word j after the first had read j. To the
 * first, i was the lowest, so i <= j. To the other, j was, so j <= i as it read it; and i had not grown when the first
 * took it, so that it cannot have read more. Hence i = j, and one of the two swaps failed. So no charge comes between a
 * processor's counting and its swap, unless it was counted.
 *
 * A full set refuses whoever hashes to it, until a charge leaves: held more strictly, never less. A refused charge writes
 * nothing.
 */
#ifndef SLUICE_CORE_SLIDING_LOG_H
#define SLUICE_CORE_SLIDING_LOG_H

#include "sluice/core/limiter.h"

/* Ticks for which a charge stays: the window, and what is lost to rounding at both of its ends. */
SLUICE_INLINE __u64 sluice_log_stay(const struct sluice_meter *meter)
{
	return (meter->window_s * 1000000000ull >> SLUICE_TICK_SHIFT) + 2;
}

/* What of a set concerns one key; zero before the first word. */
struct sluice_log_view {
	__u64 lowest; /* place of the lowest word: its age, and below it what is left of the words behind it */
	__u64 oldest; /* age of the key's oldest charge, plus 1; 0: it has none */
	__u64 level;  /* the key's charges */
};

#define SLUICE_LOG_PLACE_SHIFT 7u

/* The larger of two numbers below 2^62. */
SLUICE_INLINE __u64 sluice_log_larger(__u64 a, __u64 b)
{
	return a + ((b - a) & (0 - ((a - b) >> 63)));
}

/* Takes in word `number` of the set, each once and in order. Without branches: words are the attacker's choice. */
SLUICE_INLINE void sluice_log_see(struct sluice_log_view *view, const struct sluice_meter *meter, __u64 word, __u32 number,
				  __u32 tag, __u64 reading)
{
	__u64 age = sluice_way_age(meter, word, reading);
	__u64 stays = (age - meter->horizon) >> 63;
	__u64 own = ((word >> SLUICE_READING_BITS ^ tag) - 1) >> 63 & stays;

	view->lowest = sluice_log_larger(view->lowest, age << SLUICE_LOG_PLACE_SHIFT | (SLUICE_LOG_WORDS - 1 - number));
	view->oldest = sluice_log_larger(view->oldest, (age + 1) & (0 - own));
	view->level += own;
}

/* The word that a charge would take. */
SLUICE_INLINE __u32 sluice_log_place(const struct sluice_log_view *view)
{
	return SLUICE_LOG_WORDS - 1 - (view->lowest & (SLUICE_LOG_WORDS - 1));
}

/* Whether that word still is what was seen of it: each write moves a word on. */
SLUICE_INLINE bool sluice_log_stands(const struct sluice_log_view *view, const struct sluice_meter *meter, __u64 word,
				     __u64 reading)
{
	return sluice_way_age(meter, word, reading) == view->lowest >> SLUICE_LOG_PLACE_SHIFT;
}

SLUICE_INLINE bool sluice_log_is_full(const struct sluice_log_view *view, const struct sluice_meter *meter)
{
	return view->lowest >> SLUICE_LOG_PLACE_SHIFT < meter->horizon;
}

SLUICE_INLINE bool sluice_log_admits(const struct sluice_log_view *view, const struct sluice_meter *meter)
{
	return view->level < meter->burst && !sluice_log_is_full(view, meter);
}

/* What a charge leaves in its place. */
SLUICE_INLINE __u64 sluice_log_stamp(const struct sluice_meter *meter, __u32 tag, __u64 reading)
{
	return (__u64)tag << SLUICE_READING_BITS | ((reading + sluice_log_stay(meter)) & SLUICE_READING_MASK);
}

/* Ticks until a charge leaves that now keeps the key out: its own oldest, or the set's where that is full. Where a change of
 * policy left more charges than the limit has now, it is the first of those that must leave. */
SLUICE_INLINE __u64 sluice_log_wait(const struct sluice_log_view *view, const struct sluice_meter *meter)
{
	__u64 own = view->level < meter->burst ? 0 : meter->horizon + 1 - view->oldest;
	__u64 any = sluice_log_is_full(view, meter) ? meter->horizon - (view->lowest >> SLUICE_LOG_PLACE_SHIFT) : 0;

	return sluice_log_larger(own, any);
}

#endif
