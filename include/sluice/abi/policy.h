/* Ring 0: a compiled policy, as map contents. One generation owns one of each; nothing here is written
 * after the generation judges its first packet.
 *
 *   source address      --ranges-->  class   --classes-->  struct sluice_class
 *   protocol and port   --ports-->   group   --groups-->   struct sluice_group
 *   destination address --ranges-->  column  (column 0 where no service names addresses)
 *   group, column       --targets--> service --services--> struct sluice_service
 */
#ifndef SLUICE_ABI_POLICY_H
#define SLUICE_ABI_POLICY_H

#include "sluice/abi/addr.h"
#include "sluice/abi/base.h"
#include "sluice/abi/clock.h"
#include "sluice/abi/identity.h"
#include "sluice/abi/limit.h"

/* ---- sources ---- */

enum sluice_listed {
	SLUICE_SOURCE_UNLISTED = 0,
	SLUICE_SOURCE_DENIED = 1,
	SLUICE_SOURCE_ALLOWED = 2,
};

/* What the lists say of a source. Class 0: no list and no failsafe entry names it. */
struct sluice_class {
	__u64 failsafe; /* bit i: failsafe entry i names this source */
	__u16 rule;     /* rule number of the list; 0: none */
	__u16 limit;    /* limit in place of each-source and each-prefix; 0: none */
	__u8 listed;    /* enum sluice_listed */
	__u8 length;    /* bits of the listed prefix in mapped form: what an overlay entry has to reach; unlisted: 0 */
	__u8 reserved[2];
};

#define SLUICE_MAX_CLASSES 32768u
#define SLUICE_MAX_FAILSAFE 64u

/* ---- destinations ---- */

/* Blocks of `ports` and `targets`: 32 numbers of 16 bits. */
#define SLUICE_CELLS_PER_BLOCK 32u
struct sluice_cells {
	__u16 cell[SLUICE_CELLS_PER_BLOCK];
} __attribute__((aligned(8)));

/* Cells of `ports`: TCP by port, UDP by port, then every protocol by number for what has no port
 * (fragments among it). */
#define SLUICE_CELL_TCP 0u
#define SLUICE_CELL_UDP 65536u
#define SLUICE_CELL_PROTOCOL 131072u
#define SLUICE_PORT_CELLS (131072u + 256u)

/* Those that share a protocol and port. Group 0: nothing is served there. */
struct sluice_group {
	__u64 failsafe; /* bit i: failsafe entry i names this protocol and port */
	__u32 row;      /* first cell of the group's row in `targets` */
	__u32 reserved;
};

#define SLUICE_MAX_GROUPS 4096u
#define SLUICE_MAX_TARGETS 65536u

enum sluice_admit {
	SLUICE_ADMIT_ANYONE = 0,
	SLUICE_ADMIT_LISTED = 1,
	SLUICE_ADMIT_ROLES = 2, /* identities that have one of `roles` */
};

/* What becomes of a SYN past the unproved budget. */
enum sluice_beyond {
	SLUICE_BEYOND_DROP = 0,
	SLUICE_BEYOND_COOKIE = 1,
};

/* Service slots that every policy has. */
#define SLUICE_SERVICE_NONE 0u      /* packets to no service */
#define SLUICE_SERVICE_FRAGMENTS 1u /* fragments, wherever they go */
#define SLUICE_SERVICE_FIRST 2u     /* the policy's own */

struct sluice_service {
	__u64 roles;       /* that it admits: bit i is role number i */
	__u16 all_sources; /* limits; 0: none */
	__u16 each_source;
	__u16 each_prefix;
	__u16 each_identity; /* in place of the three above for an identity's packets; 0: those hold them too */
	__u16 unproved;      /* limit of sources whose path is not proved; 0: the service asks for no proof */
	__u8 admit;          /* enum sluice_admit */
	__u8 beyond;         /* enum sluice_beyond */
	__u8 reserved[4];
};

#define SLUICE_MAX_LIMITS 512u

/* ---- the program's constants: a generation is specialised by them ---- */

struct sluice_config {
	struct sluice_hash_key hash;
	struct sluice_clock clock;
	__u32 generation;
	__u32 events_per_window; /* per processor and reason; 0: no events */
	bool observe;
	bool default_deny;
	bool drop_fragments;
	bool by_destination; /* some service names addresses */
	bool any_algorithm;  /* some limit is no bucket, or has one before it: all are met by the longer way */
	bool by_identity;    /* some service asks whose a packet is */
	bool by_proof;       /* some service asks for path proof */
	bool cookies;        /* some service answers with SYN cookies past its budget */
	__u16 replies_all;   /* limits of these */
	__u16 replies_each_prefix;
	__u8 reserved[4];
};

/* ---- beside the program, for people: what the numbers mean ---- */

enum sluice_rule_kind {
	SLUICE_RULE_NONE = 0,
	SLUICE_RULE_LIST = 1,
	SLUICE_RULE_FAILSAFE = 2,
	SLUICE_RULE_LIMIT = 3,
};

/* Rule numbers of the failsafe entries: entry i counts under SLUICE_RULE_FIRST_FAILSAFE + i. The overlay has
 * one for all its entries. Lists and limits take numbers from SLUICE_RULE_FIRST on. */
#define SLUICE_RULE_FIRST_FAILSAFE 1u
#define SLUICE_RULE_OVERLAY (SLUICE_RULE_FIRST_FAILSAFE + SLUICE_MAX_FAILSAFE)
#define SLUICE_RULE_FIRST (SLUICE_RULE_OVERLAY + 1u)

struct sluice_name {
	char text[SLUICE_NAME_SIZE]; /* empty: the slot is free */
	__u8 kind;                   /* enum sluice_rule_kind; 0 for services */
	__u8 retired;                /* 1: no longer in the policy, its counters are kept */
	__u8 reserved[6];
};

/* The one element of `meta`. */
struct sluice_meta {
	__u32 abi;
	__u32 generation;
	__u64 installed_unix_ns;
	__u8 digest[32]; /* SHA-256 of the policy's canonical form */
	__u32 services;  /* slots in use, the two fixed ones included */
	__u32 rules;     /* rule numbers in use, 0 included */
	__u32 limits;    /* limits in use, 0 included */
	__u32 prefixes;
	char policy_path[256];
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_class) == 16, "four classes a cache line");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_cells) == SLUICE_CACHE_LINE, "a block is one cache line");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_group) == 16, "four groups a cache line");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_service) == 24, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_name) == 72, "no hidden padding");
SLUICE_STATIC_ASSERT(sizeof(struct sluice_meta) == 320, "no hidden padding");

#endif
