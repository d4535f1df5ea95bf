/* Ring 1: the table of proved sources: where a source's proof is, whether it stands, what renews it.
 *
 * Fixed in size. Where a set is full, a new proof takes the place of the one that expires first: who is displaced is
 * unproved again, nothing worse. Tags are 32 bits of a keyed hash: a source that nobody proved finds the tag of another
 * one with a probability of 2^-29.
 */
#ifndef SLUICE_CORE_PROOF_H
#define SLUICE_CORE_PROOF_H

#include "sluice/abi/limit.h"
#include "sluice/abi/proof.h"
#include "sluice/core/hash.h"

#define SLUICE_NS_PER_SECOND 1000000000ull

/* The source as it is proved: an IPv6 host has its /64. */
SLUICE_INLINE struct sluice_addr sluice_proof_source(const struct sluice_addr *source, __u32 family)
{
	struct sluice_addr key = *source;

	if (family == SLUICE_IPV6)
		key.word[2] = key.word[3] = 0;
	return key;
}

/* `set` by its lower bits; the tag of 32 bits is never 0: a free way has none. */
SLUICE_INLINE struct sluice_hash sluice_proof_hash(const volatile struct sluice_hash_key *key, const struct sluice_addr *source,
						   __u32 family)
{
	struct sluice_addr proved = sluice_proof_source(source, family);
	struct sluice_hash hash;
	__u32 tag = sluice_hash_half(key->multiplier[1], key->addend[1], &proved);

	hash.set = sluice_hash_half(key->multiplier[0], key->addend[0], &proved);
	hash.tag = tag ? tag : 1;
	return hash;
}

SLUICE_INLINE __u64 sluice_proof_word(__u32 tag, __u32 expires_s)
{
	return (__u64)tag << 32 | expires_s;
}

SLUICE_INLINE bool sluice_proof_stands(const volatile struct sluice_proof_set *set, __u32 tag, __u32 now_s)
{
	__u32 i;

	for (i = 0; i < SLUICE_PROOF_WAYS; i++) {
		__u64 way = set->way[i];

		if (way >> 32 == tag)
			return (__u32)way > now_s;
	}
	return false;
}

/* What a proof would write. */
struct sluice_renewal {
	__u64 seen; /* the way as it was read; the caller swaps it for `next` */
	__u64 next; /* equal to `seen`: the proof is fresh, nothing is written */
	__u32 way;
};

SLUICE_INLINE struct sluice_renewal sluice_proof_renewed(const volatile struct sluice_proof_set *set, __u32 tag, __u32 now_s)
{
	struct sluice_renewal renewal = {set->way[0], sluice_proof_word(tag, now_s + SLUICE_PROOF_SECONDS), 0};
	__u32 i;

	for (i = 0; i < SLUICE_PROOF_WAYS; i++) {
		__u64 way = set->way[i];

		if (way >> 32 == tag) {
			renewal.seen = way;
			renewal.way = i;
			if ((__u32)way > now_s + SLUICE_PROOF_FRESH_SECONDS)
				renewal.next = way;
			return renewal;
		}
		if ((__u32)way < (__u32)renewal.seen) {
			renewal.seen = way;
			renewal.way = i;
		}
	}
	return renewal;
}

#endif
