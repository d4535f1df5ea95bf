/* Ring 1: SipHash-2-4 over whole words (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), for
 * messages whose length both sides know. */
#ifndef SLUICE_CORE_SIPHASH_H
#define SLUICE_CORE_SIPHASH_H

#include "sluice/abi/base.h"

struct sluice_sip {
	__u64 v0, v1, v2, v3;
};

SLUICE_INLINE __u64 sluice_rotated(__u64 word, __u32 by)
{
	return word << by | word >> (64 - by);
}

SLUICE_INLINE void sluice_sip_round(struct sluice_sip *sip)
{
	sip->v0 += sip->v1;
	sip->v2 += sip->v3;
	sip->v1 = sluice_rotated(sip->v1, 13) ^ sip->v0;
	sip->v3 = sluice_rotated(sip->v3, 16) ^ sip->v2;
	sip->v0 = sluice_rotated(sip->v0, 32);
	sip->v2 += sip->v1;
	sip->v0 += sip->v3;
	sip->v1 = sluice_rotated(sip->v1, 17) ^ sip->v2;
	sip->v3 = sluice_rotated(sip->v3, 21) ^ sip->v0;
	sip->v2 = sluice_rotated(sip->v2, 32);
}

SLUICE_INLINE void sluice_sip_word(struct sluice_sip *sip, __u64 word)
{
	sip->v3 ^= word;
	sluice_sip_round(sip);
	sluice_sip_round(sip);
	sip->v0 ^= word;
}

/* `words` words of `message`. */
SLUICE_INLINE __u64 sluice_siphash(__u64 key0, __u64 key1, const __u64 *message, __u32 words)
{
	struct sluice_sip sip = {key0 ^ 0x736f6d6570736575ull, key1 ^ 0x646f72616e646f6dull, key0 ^ 0x6c7967656e657261ull,
				 key1 ^ 0x7465646279746573ull};
	__u32 i;

	for (i = 0; i < words; i++)
		sluice_sip_word(&sip, message[i]);
	sluice_sip_word(&sip, (__u64)(words * 8) << 56);
	sip.v2 ^= 0xff;
	for (i = 0; i < 4; i++)
		sluice_sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

#endif
