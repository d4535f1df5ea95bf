/* Ring 1: the sieve before the bans: one bit for each of 2^19 values of a keyed hash. A banned prefix has its bit set. Of
 * others at a thousand bans one in five hundred has, at a full table one in eight to one in five, and for those the table
 * is asked. The hash is multiply-shift (Dietzfelbinger et al., "A Reliable Randomized Algorithm for the Closest-Pair
 * Problem", 1997): whoever does not know the key cannot choose addresses whose bits are set.
 */
#ifndef SLUICE_CORE_SIEVE_H
#define SLUICE_CORE_SIEVE_H

#include "sluice/abi/ban.h"
#include "sluice/abi/limit.h"

struct sluice_sieve_mark {
	__u32 word;
	__u32 bit;
};

/* Where a prefix leaves its mark; its host bits are zero. */
SLUICE_INLINE struct sluice_sieve_mark sluice_sieve_mark_of(const volatile struct sluice_hash_key *key,
							   const struct sluice_halves *prefix)
{
	__u64 hash = prefix->half[0] * key->multiplier[0][0] + prefix->half[1] * key->multiplier[0][1] + key->addend[0];
	struct sluice_sieve_mark mark;

	mark.word = hash >> (64 - SLUICE_SIEVE_WORD_BITS);
	mark.bit = hash >> (64 - SLUICE_SIEVE_WORD_BITS - 6) & 63;
	return mark;
}

#endif
