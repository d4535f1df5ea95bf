/* Ring 1: the sieve before the bans: a Bloom filter whose bits for one key lie in one word (Putze, Sanders, Singler,
 * "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). A prefix that is banned has its bits set; of others, at a
 * full table, one in thirty has, and then the table is asked. The hash is keyed: nobody can choose addresses that pass.
 */
#ifndef SLUICE_CORE_SIEVE_H
#define SLUICE_CORE_SIEVE_H

#include "sluice/abi/ban.h"
#include "sluice/core/hash.h"

struct sluice_sieve_mark {
	__u64 bits;
	__u32 word;
};

SLUICE_INLINE __u64 sluice_sieve_bit(__u32 hash)
{
	return 1ull << (hash & 63);
}

/* Where a prefix leaves its mark; its host bits are zero. */
SLUICE_INLINE struct sluice_sieve_mark sluice_sieve_mark_of(const volatile struct sluice_hash_key *key,
							   const struct sluice_addr *prefix)
{
	__u32 hash = sluice_hash_half(key->multiplier[0], key->addend[0], prefix);
	__u32 marks = hash >> SLUICE_SIEVE_WORD_BITS;
	struct sluice_sieve_mark mark;

	mark.word = hash & (SLUICE_SIEVE_WORDS - 1);
	mark.bits = sluice_sieve_bit(marks) | sluice_sieve_bit(marks >> 6) | sluice_sieve_bit(marks >> 12);
	return mark;
}

#endif
