/* Ring 0: what people say of single prefixes beside the policy: bans, and the overlay, entries of the source table that no
 * list holds. Both outlive policies and daemons; the kernel judges their expiry. One table, one list of lengths and one
 * sieve hold both, so that a packet looks for either at the price of one. */
#ifndef SLUICE_ABI_BAN_H
#define SLUICE_ABI_BAN_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"

enum sluice_ban_kind {
	SLUICE_KIND_BAN = 0,
	SLUICE_KIND_OVERLAY = 1,
};
#define SLUICE_SAYS_BAN (1u << SLUICE_KIND_BAN)
#define SLUICE_SAYS_OVERLAY (1u << SLUICE_KIND_OVERLAY)

struct sluice_ban_key {
	struct sluice_addr prefix; /* host bits zero */
	__u16 length;              /* bits of the mapped form: IPv4 /24 is 120 */
	__u16 kind;                /* enum sluice_ban_kind */
};

#define SLUICE_BAN_FOREVER (~0ull)

struct sluice_ban {
	__u64 expires_mono_ns; /* CLOCK_MONOTONIC; SLUICE_BAN_FOREVER: until lifted */
	__u64 created_unix_ns;
	char why[48]; /* UTF-8, zero-terminated */
	__u32 uid;    /* of an overlay entry: the user who said it; of a ban 0 */
	__u8 listed;  /* of an overlay entry: enum sluice_listed; of a ban 0 */
	__u8 reserved[3];
};

/* The prefix lengths that bans use, per family: what a packet has to look for. While any ban stands,
 * lengths are only appended, so that a reader never misses one that was there. */
#define SLUICE_MAX_BAN_LENGTHS 32u
struct sluice_ban_lengths {
	__u32 count[SLUICE_FAMILIES];
	struct sluice_halves mask[SLUICE_FAMILIES][SLUICE_MAX_BAN_LENGTHS];
	__u8 length[SLUICE_FAMILIES][SLUICE_MAX_BAN_LENGTHS];
	__u8 kinds[SLUICE_FAMILIES][SLUICE_MAX_BAN_LENGTHS]; /* SLUICE_SAYS_…: what has this length */
};

/* The sieve in front of them (core/sieve.h): words of 64 bits, 64 KiB in all, eight bits for each of as many bans as there
 * are by default. */
#define SLUICE_SIEVE_WORD_BITS 13u
#define SLUICE_SIEVE_WORDS (1u << SLUICE_SIEVE_WORD_BITS)

SLUICE_STATIC_ASSERT(sizeof(struct sluice_ban_key) == 20, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_ban) == 72, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_ban_lengths) == 1160, "no hidden padding");

#endif
