/* Facts of a packet: lookups, no opinions. Each returns false where a lookup that cannot fail failed. */
#ifndef SLUICE_BPF_CLASSIFY_H
#define SLUICE_BPF_CLASSIFY_H

#include "maps.h"
#include "sluice/core/addr.h"
#include "sluice/core/overlay.h"
#include "sluice/core/ranges.h"
#include "sluice/core/sieve.h"
#include "sluice/core/target.h"
#include "walk.h"

static __always_inline const void *fetch_block(void *image, __u32 index)
{
	return bpf_map_lookup_elem(image, &index);
}

/* A 16-bit cell of `ports` or `targets`. */
static __always_inline bool read_cell(void *map, __u32 index, __u32 *value)
{
	__u32 block = index / SLUICE_CELLS_PER_BLOCK;
	const struct sluice_cells *cells = bpf_map_lookup_elem(map, &block);

	if (!cells)
		return false;
	*value = cells->cell[index % SLUICE_CELLS_PER_BLOCK];
	return true;
}

/* Longest prefix that holds `address`: its class, or for a destination its column. */
static __always_inline __u32 find_range(void *ipv4, void *ipv6, const struct sluice_addr *address, __u32 family)
{
	if (family == SLUICE_IPV4)
		return sluice_ranges_find_ipv4(fetch_block, ipv4, SLUICE_BE32(address->word[3]));
	return sluice_ranges_find_ipv6(fetch_block, ipv6, sluice_addr_half(address, 0), sluice_addr_half(address, 2));
}

static __always_inline bool classify_source(struct walk *walk)
{
	__u32 id = find_range(&sources_ipv4, &sources_ipv6, &walk->packet.source, walk->packet.family);
	const struct sluice_class *class = bpf_map_lookup_elem(&classes, &id);

	if (!class)
		return false;
	walk->facts.source = *class;
	return true;
}

static __always_inline bool find_slot(const struct sluice_packet *packet, __u32 row, __u32 *slot)
{
	__u32 column = 0;

	if (packet->fragment) {
		*slot = SLUICE_SERVICE_FRAGMENTS;
		return true;
	}
	if (config.by_destination)
		column = find_range(&dests_ipv4, &dests_ipv6, &packet->destination, packet->family);
	return read_cell(&targets, row + column, slot);
}

static __always_inline bool classify_destination(struct walk *walk)
{
	const struct sluice_service *service;
	const struct sluice_group *group;
	__u32 id, slot;

	if (!read_cell(&ports, sluice_port_cell(&walk->packet), &id))
		return false;
	group = bpf_map_lookup_elem(&groups, &id);
	if (!group || !find_slot(&walk->packet, group->row, &slot))
		return false;
	service = bpf_map_lookup_elem(&services, &slot);
	if (!service)
		return false;
	walk->facts.failsafe = group->failsafe & walk->facts.source.failsafe;
	walk->facts.slot = slot;
	walk->facts.service = *service;
	return true;
}

/* False only where no entry of that mask holds `source`. */
static __always_inline bool sieve_holds(const struct sluice_halves *source, const struct sluice_halves *mask)
{
	struct sluice_halves prefix = sluice_halves_masked(source, mask);
	struct sluice_sieve_mark mark = sluice_sieve_mark_of(&config.hash, &prefix);
	const __u64 *word = bpf_map_lookup_elem(&ban_sieve, &mark.word);

	return !word || *word >> mark.bit & 1;
}

static __always_inline bool may_be_said(const struct sluice_addr *source, const struct sluice_ban_lengths *lengths, __u32 family)
{
	struct sluice_halves halves = sluice_addr_halves(source);
	__u32 i;

	for (i = 0; i < SLUICE_MAX_BAN_LENGTHS && i < lengths->count[family]; i++) {
		if (sieve_holds(&halves, &lengths->mask[family][i]))
			return true;
	}
	return false;
}

/* The entry of that very prefix, if it stands. */
static __always_inline const struct sluice_ban *find_entry(struct sluice_ban_key *key, __u16 kind, __u64 now_mono_ns)
{
	const struct sluice_ban *entry;

	key->kind = kind;
	entry = bpf_map_lookup_elem(&bans, key);
	return entry && now_mono_ns < entry->expires_mono_ns ? entry : 0;
}

/* What find_said answers, in one number: the longer of two entries is the greater. */
#define SAID_BANNED 1u
#define SAID(listed, length) ((__u32)(listed) << 8 | (__u32)(length) << 16)
#define SAID_LISTED(said) ((__u8)((said) >> 8))
#define SAID_LENGTH(said) ((__u8)((said) >> 16))

/* verifier: without a branch, or each length doubles the ways through the lengths after it (clang 14, Linux 6.18). Both are
 * below 2^31. */
static __always_inline __u32 greater(__u32 a, __u32 b)
{
	__u32 is_less = 0u - ((a - b) >> 31);

	return a ^ ((a ^ b) & is_less);
}

/* Whether a ban of any length in use holds `source`, and the longest overlay entry that does. A global function: the
 * verifier judges it once. */
__noinline int find_said(const struct sluice_addr *source, const struct sluice_ban_lengths *lengths, __u32 family,
			 __u64 now_mono_ns)
{
	__u32 banned = 0, overlay = 0, i;
	struct sluice_halves halves;

	if (!source || !lengths || family >= SLUICE_FAMILIES)
		return 0;
	halves = sluice_addr_halves(source);
	for (i = 0; i < SLUICE_MAX_BAN_LENGTHS && i < lengths->count[family]; i++) {
		__u8 length = lengths->length[family][i], kinds = lengths->kinds[family][i];
		struct sluice_halves prefix = sluice_halves_masked(&halves, &lengths->mask[family][i]);
		struct sluice_ban_key key = {sluice_halves_addr(&prefix), length, 0};
		const struct sluice_ban *entry;

		if (kinds & SLUICE_SAYS_BAN && find_entry(&key, SLUICE_KIND_BAN, now_mono_ns))
			banned = SAID_BANNED;
		if (!(kinds & SLUICE_SAYS_OVERLAY))
			continue;
		entry = find_entry(&key, SLUICE_KIND_OVERLAY, now_mono_ns);
		if (entry)
			overlay = greater(overlay, SAID(entry->listed, length));
	}
	return banned | overlay;
}

/* Bans and the overlay. */
static __always_inline bool classify_said(struct walk *walk, __u64 now_mono_ns)
{
	__u32 zero = 0, family = walk->packet.family & 1;
	const struct sluice_ban_lengths *lengths = bpf_map_lookup_elem(&ban_lengths, &zero);
	__u32 said;

	if (!lengths)
		return false;
	if (!may_be_said(&walk->packet.source, lengths, family))
		return true;
	said = find_said(&walk->packet.source, lengths, family, now_mono_ns);
	walk->facts.banned = said & SAID_BANNED;
	sluice_overlay(&walk->facts.source, SAID_LISTED(said), SAID_LENGTH(said));
	return true;
}

static __always_inline bool classify(struct walk *walk, __u64 now_mono_ns)
{
	return classify_source(walk) && classify_destination(walk) && classify_said(walk, now_mono_ns);
}

#endif
