/* Ring 0: bans. They outlive policies and daemons; the kernel judges their expiry. */
#ifndef SLUICE_ABI_BAN_H
#define SLUICE_ABI_BAN_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"

struct sluice_ban_key {
	struct sluice_addr prefix; /* host bits zero */
	__u32 length;              /* bits of the mapped form: IPv4 /24 is 120 */
};

#define SLUICE_BAN_FOREVER (~0ull)

struct sluice_ban {
	__u64 expires_mono_ns; /* CLOCK_MONOTONIC; SLUICE_BAN_FOREVER: until lifted */
	__u64 created_unix_ns;
	char why[48]; /* UTF-8, zero-terminated */
};

/* The prefix lengths that bans use, per family: what a packet has to look for. While any ban stands,
 * lengths are only appended, so that a reader never misses one that was there. */
#define SLUICE_MAX_BAN_LENGTHS 32u
struct sluice_ban_lengths {
	__u32 count[SLUICE_FAMILIES];
	struct sluice_halves mask[SLUICE_FAMILIES][SLUICE_MAX_BAN_LENGTHS];
	__u8 length[SLUICE_FAMILIES][SLUICE_MAX_BAN_LENGTHS];
};

/* The sieve in front of them (core/sieve.h): words of 64 bits, 64 KiB in all, eight bits for each of as many bans as there
 * are by default. */
#define SLUICE_SIEVE_WORD_BITS 13u
#define SLUICE_SIEVE_WORDS (1u << SLUICE_SIEVE_WORD_BITS)

SLUICE_STATIC_ASSERT(sizeof(struct sluice_ban_key) == 20, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_ban) == 64, "a ban is one cache line");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_ban_lengths) == 1096, "no hidden padding");

#endif
