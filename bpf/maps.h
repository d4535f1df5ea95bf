/* Every map of the packet path, each with its card.
 *
 * Policy maps belong to one generation: filled and read back before it judges its first packet, never
 * written again, sized by the installer. State maps outlive policies and daemons: pinned, shared by all generations.
 */
#ifndef SLUICE_BPF_MAPS_H
#define SLUICE_BPF_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "sluice/abi/ban.h"
#include "sluice/abi/cookie.h"
#include "sluice/abi/counter.h"
#include "sluice/abi/event.h"
#include "sluice/abi/identity.h"
#include "sluice/abi/limit.h"
#include "sluice/abi/policy.h"
#include "sluice/abi/proof.h"

/* A generation is specialised by these: what it does not use, the verifier removes. */
const volatile struct sluice_config config SEC(".rodata");

/* ---- policy: read by every packet, written by the installer before publication, never full ---- */

struct sluice_block {
	__u8 bytes[64];
} __attribute__((aligned(8)));

#define SLUICE_POLICY_MAP(name_, value_, entries_)         \
	struct {                                           \
		__uint(type, BPF_MAP_TYPE_ARRAY);          \
		__uint(max_entries, entries_);             \
		__type(key, __u32);                        \
		__type(value, value_);                     \
	} name_ SEC(".maps")

/* Range images (core/ranges.h): source address to class, destination address to column. */
SLUICE_POLICY_MAP(sources_ipv4, struct sluice_block, 1);
SLUICE_POLICY_MAP(sources_ipv6, struct sluice_block, 1);
SLUICE_POLICY_MAP(dests_ipv4, struct sluice_block, 1);
SLUICE_POLICY_MAP(dests_ipv6, struct sluice_block, 1);

/* By class: what the lists say. */
SLUICE_POLICY_MAP(classes, struct sluice_class, 1);
/* By protocol and port, 32 to a block: group. */
SLUICE_POLICY_MAP(ports, struct sluice_cells, SLUICE_PORT_CELLS / SLUICE_CELLS_PER_BLOCK);
/* By group: failsafe entries, row of targets. */
SLUICE_POLICY_MAP(groups, struct sluice_group, 1);
/* By row and column, 32 to a block: service. */
SLUICE_POLICY_MAP(targets, struct sluice_cells, 1);
/* By slot: how the service is judged. */
SLUICE_POLICY_MAP(services, struct sluice_service, 1);
/* By limit number: keys and meters. */
SLUICE_POLICY_MAP(limits, struct sluice_limit, 1);

/* For people and the next generation; no packet reads them. */
SLUICE_POLICY_MAP(meta, struct sluice_meta, 1);
SLUICE_POLICY_MAP(service_names, struct sluice_name, 1);
SLUICE_POLICY_MAP(rule_names, struct sluice_name, 1);
SLUICE_POLICY_MAP(role_names, struct sluice_name, 1);

/* ---- state ---- */

/* holds: packets and bytes by service slot and reason
 * written by: conclude.h, each processor its own; read by: daemon, sluice-dump
 * lifetime: until the pins are removed; when full: never, one element per slot and reason */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_COUNTERS);
	__type(key, __u32);
	__type(value, struct sluice_counter);
} counters SEC(".maps");

/* holds: packets and bytes by rule number; otherwise as `counters` */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_MAX_RULES);
	__type(key, __u32);
	__type(value, struct sluice_counter);
} rule_counters SEC(".maps");

/* holds: the buckets of every limit, in regions that limits own
 * written by: limit.h, by compare-and-swap; read by: sluice-dump
 * lifetime: until the pins are removed; when full: see core/limiter.h, a newcomer takes over the emptiest bucket
 * together with its level */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* sized by the loader */
	__type(key, __u32);
	__type(value, struct sluice_bucket_set);
} buckets SEC(".maps");

/* holds: bans and overlay entries; written by: daemon; read by: classify.h, sluice-dump
 * lifetime: until lifted or expired, the kernel judges expiry; when full: the daemon refuses new ones */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536); /* sized by the loader */
	__type(key, struct sluice_ban_key);
	__type(value, struct sluice_ban);
} bans SEC(".maps");

/* holds: which prefix lengths those use; written by: daemon, after the entry; read by: classify.h
 * lifetime: as bans; when full: the daemon refuses an entry of yet another length */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_ban_lengths);
} ban_lengths SEC(".maps");

/* holds: the sieve of bans, core/sieve.h; written by: daemon, a mark before its ban, and away after it
 * read by: classify.h; lifetime: as bans; when full: never, it only lets more through to the table */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLUICE_SIEVE_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} ban_sieve SEC(".maps");

/* ---- identities: see abi/identity.h ---- */

/* holds: by slot, what an identity is; written by: daemon; read by: identify.h
 * lifetime: until the pins are removed, the kernel judges expiry; when full: the daemon refuses newcomers */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096); /* sized by the loader */
	__type(key, __u32);
	__type(value, struct sluice_identity);
} identities SEC(".maps");

/* holds: by slot, who has it; written by: daemon, before the slot; read by: daemon, sluice-dump, no packet
 * lifetime, when full: as identities */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096); /* sized by the loader */
	__type(key, __u32);
	__type(value, struct sluice_identity_name);
} identity_names SEC(".maps");

/* holds: flows and prefixes that are an identity's; written by: daemon; erased by: daemon, identify.h on a new
 * connection; read by: identify.h, sluice-dump
 * lifetime: as identities; when full: the daemon refuses new ones and renews those that are there */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768); /* sized by the loader */
	__type(key, struct sluice_binding_key);
	__type(value, struct sluice_binding);
} bindings SEC(".maps");

/* holds: what kinds of bindings there may be; written by: daemon, before the binding; read by: identify.h
 * lifetime: as bindings; when full: the daemon refuses a binding of yet another length */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_binding_lengths);
} binding_lengths SEC(".maps");

/* holds: struct sluice_event; written by: report.h; read by: daemon
 * lifetime: until read; when full: the event is counted as lost */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* bytes, sized by the loader */
} events SEC(".maps");

/* holds: the events' own limiter by reason, and how many were lost
 * written by: report.h, each processor its own; read by: daemon; lifetime: as counters; when full: never */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_REASONS);
	__type(key, __u32);
	__type(value, struct sluice_event_gauge);
} event_gauges SEC(".maps");

/* holds: the sources whose path is proved, by tags of their keyed hash
 * written by: prove.h, by compare-and-swap, for packets of connections only; read by: prove.h
 * lifetime: until the pins are removed, the kernel judges expiry; when full: see core/proof.h, the proof that expires
 * first makes room */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLUICE_PROOF_SETS);
	__type(key, __u32);
	__type(value, struct sluice_proof_set);
} proofs SEC(".maps");

/* holds: the key of SYN cookies, and whether and when they were sent; struct sluice_cookies
 * written by: the loader (key, ready), answer.h (sent), cookie.bpf.c (taken, refused); read by: those, and the daemon
 * lifetime: until the pins are removed; when full: never */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_cookies);
} cookies SEC(".maps");

#define FLOWS 8192

/* holds: flows that brought a cookie back a moment ago: tag in the upper half, milliseconds in the lower
 * written by and read by: prove.h; lifetime: as the program; when full: a later one takes the place */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FLOWS);
	__type(key, __u32);
	__type(value, __u64);
} flows SEC(".maps");

/* holds: the keys of the source hash, so that buckets are found again by the next generation
 * written by: the loader, once per set of pins, from the kernel's random source; no packet reads it (see config.hash) */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sluice_hash_key);
} hash_key SEC(".maps");

#endif
