/* Ring 1: the hash that spreads keys over bucket sets.
 *
 * Pair-multiply-shift (Thorup, "High Speed Hashing for Integers and Strings", 2015, section 3.3): two independent
 * strongly universal hashes of 32 bits each. For a random key, any two addresses share a set and a tag with a
 * probability of about 1 / (sets * 2^20), whoever chose the addresses: he does not know the key.
 */
#ifndef SLUICE_CORE_HASH_H
#define SLUICE_CORE_HASH_H

#include "sluice/abi/addr.h"
#include "sluice/abi/limit.h"

struct sluice_hash {
	__u32 set; /* choose the set by its lower bits */
	__u32 tag; /* SLUICE_TAG_BITS wide, never 0: an empty way has no tag */
};

SLUICE_INLINE __u32 sluice_hash_half(const volatile __u64 *multiplier, __u64 addend, const struct sluice_addr *addr)
{
	__u64 sum = addend;

	sum += (multiplier[0] + addr->word[0]) * (multiplier[1] + addr->word[1]);
	sum += (multiplier[2] + addr->word[2]) * (multiplier[3] + addr->word[3]);
	return (__u32)(sum >> 32);
}

SLUICE_INLINE struct sluice_hash sluice_hash_addr(const volatile struct sluice_hash_key *key,
						  const struct sluice_addr *addr)
{
	struct sluice_hash hash;
	__u32 tag = sluice_hash_half(key->multiplier[1], key->addend[1], addr) >> (32 - SLUICE_TAG_BITS);

	hash.set = sluice_hash_half(key->multiplier[0], key->addend[0], addr);
	hash.tag = tag ? tag : 1;
	return hash;
}

#endif
