/* Ring 1: longest-prefix lookup in a range image (abi/ranges.h has the layout).
 *
 * The walk is the same for both families: an address is 128 bits, IPv4 in the topmost 32; tables and lists see the
 * upper half, records the lower. Whoever calls passes the fetch of a block, which returns NULL past the end.
 *
 * Bounded for every image, damaged ones included: SLUICE_RANGES_TABLES_* tables, a list, a record and its list. An image
 * that is damaged gives SLUICE_RANGES_DAMAGED or a wrong class, never a read outside a block.
 */
#ifndef SLUICE_CORE_RANGES_H
#define SLUICE_CORE_RANGES_H

#include "sluice/abi/ranges.h"

typedef const void *(*sluice_fetch_block)(void *image, __u32 index);

#define SLUICE_RANGES_DAMAGED 0xffffffffu
#define SLUICE_RANGES_NO_ITEM (~0ull) /* no list has such an item */

SLUICE_INLINE bool sluice_ranges_word(sluice_fetch_block fetch, void *image, __u32 index, __u64 *word)
{
	const __u64 *block = (const __u64 *)fetch(image, index >> 3);

	if (!block)
		return false;
	*word = block[index & 7];
	return true;
}

/* All ones where a <= b, else zero. No branch: none to mispredict, and one path for the verifier instead of two a step. */
SLUICE_INLINE __u64 sluice_ranges_if_reached(__u64 a, __u64 b)
{
	__u64 borrow = ((~b & a) | ((~b | a) & (b - a))) >> 63; /* of b - a */

	__asm__("" : "+r"(borrow)); /* verifier: clang 14 would make it a branch again */
	return borrow - 1;
}

SLUICE_INLINE __u64 sluice_ranges_item(const void *block, __u64 index, __u32 log)
{
	if (log == SLUICE_NARROW_LOG)
		return ((const __u32 *)block)[index & 15];
	return ((const __u64 *)block)[index & 7];
}

/* The last item of a list that is <= probe, or else its first; 2^log items make a block. The first items of the blocks
 * lead to one block, which then is read alone. */
SLUICE_INLINE __u64 sluice_ranges_search(sluice_fetch_block fetch, void *image, __u64 slot, __u64 probe, __u32 log)
{
	__u64 at = SLUICE_SLOT_FIRST(slot), end = at + SLUICE_SLOT_COUNT(slot), middle, reached;
	const void *block;
	__u32 i;

	for (i = 0; i < SLUICE_LIST_STEPS && at >> log < (end - 1) >> log; i++) {
		middle = ((at >> log) + ((end - 1) >> log) + 1) >> 1 << log;
		block = fetch(image, (__u32)(middle >> log));
		if (!block)
			return SLUICE_RANGES_NO_ITEM;
		reached = sluice_ranges_if_reached(sluice_ranges_item(block, 0, log), probe);
		at += (middle - at) & reached;
		end = middle + ((end - middle) & reached);
	}
	block = fetch(image, (__u32)(at >> log));
	if (!block)
		return SLUICE_RANGES_NO_ITEM;
	for (i = 0; i < log && at + 1 < end; i++) {
		middle = (at + end) >> 1;
		if (sluice_ranges_item(block, middle, log) <= probe)
			at = middle;
		else
			end = middle;
	}
	return sluice_ranges_item(block, at, log);
}

SLUICE_INLINE __u32 sluice_ranges_narrow(sluice_fetch_block fetch, void *image, __u64 slot, __u64 high)
{
	__u64 probe = high >> 32 | ((1u << SLUICE_NARROW_KEY_SHIFT) - 1);
	__u64 item = sluice_ranges_search(fetch, image, slot, probe, SLUICE_NARROW_LOG);

	if (item == SLUICE_RANGES_NO_ITEM)
		return SLUICE_RANGES_DAMAGED;
	if (item > probe || ((item & SLUICE_NARROW_POINT) && (item ^ probe) >> SLUICE_NARROW_KEY_SHIFT))
		return SLUICE_SLOT_VALUE(slot);
	return item & 0x7fff;
}

/* A lower half in the sorted list of a record that has MANY. */
SLUICE_INLINE __u32 sluice_ranges_low(sluice_fetch_block fetch, void *image, struct sluice_record many, __u64 low)
{
	__u64 at = (__u32)many.low, end = at + (__u32)many.what, middle, reached;
	const struct sluice_record *block;
	__u32 i;

	for (i = 0; i < SLUICE_LOW_STEPS && at + 1 < end; i++) {
		middle = (at + end) >> 1;
		block = (const struct sluice_record *)fetch(image, (__u32)(middle >> 2));
		if (!block)
			return SLUICE_RANGES_DAMAGED;
		reached = sluice_ranges_if_reached(block[middle & 3].low, low);
		at += (middle - at) & reached;
		end = middle + ((end - middle) & reached);
	}
	block = (const struct sluice_record *)fetch(image, (__u32)(at >> 2));
	if (!block)
		return SLUICE_RANGES_DAMAGED;
	return block[at & 3].what & 0x7fff;
}

SLUICE_INLINE __u32 sluice_ranges_record(sluice_fetch_block fetch, void *image, __u32 index, __u64 low)
{
	const struct sluice_record *block = (const struct sluice_record *)fetch(image, index >> 2);
	struct sluice_record record;

	if (!block)
		return SLUICE_RANGES_DAMAGED;
	record = block[index & 3];
	if (record.what & SLUICE_RECORD_MANY)
		return sluice_ranges_low(fetch, image, record, low);
	if ((record.low ^ low) >> ((64 - record.what) & 63))
		return record.what >> 32 & 0x7fff;
	return record.what >> 16 & 0x7fff;
}

SLUICE_INLINE __u32 sluice_ranges_wide(sluice_fetch_block fetch, void *image, __u64 slot, __u64 high, __u64 low)
{
	__u64 probe = high | ((1u << SLUICE_WIDE_KEY_SHIFT) - 1), first;
	__u64 item = sluice_ranges_search(fetch, image, slot, probe, SLUICE_WIDE_LOG);
	__u32 type = item >> 16 & 3;

	if (item == SLUICE_RANGES_NO_ITEM)
		return SLUICE_RANGES_DAMAGED;
	if (item > probe || (type != SLUICE_WIDE_FROM && (item ^ probe) >> SLUICE_WIDE_KEY_SHIFT))
		return SLUICE_SLOT_VALUE(slot);
	if (type != SLUICE_WIDE_RECORD)
		return item & 0x7fff;
	if (!sluice_ranges_word(fetch, image, SLUICE_SLOT_FIRST(slot) - 1, &first))
		return SLUICE_RANGES_DAMAGED;
	return sluice_ranges_record(fetch, image, (__u32)first + (item & 0xffff), low);
}

SLUICE_INLINE __u32 sluice_ranges_find(sluice_fetch_block fetch, void *image, __u32 tables, __u64 high, __u64 low)
{
	__u64 slot;
	__u32 i;

	if (!sluice_ranges_word(fetch, image, 0, &slot))
		return SLUICE_RANGES_DAMAGED;
	for (i = 0; i < tables && SLUICE_SLOT_KIND(slot) == SLUICE_SLOT_TABLE; i++) {
		__u32 bits = SLUICE_SLOT_VALUE(slot) & 63;

		if (!sluice_ranges_word(fetch, image, SLUICE_SLOT_FIRST(slot) + (__u32)(high >> ((64 - bits) & 63)), &slot))
			return SLUICE_RANGES_DAMAGED;
		high <<= bits;
	}
	if (SLUICE_SLOT_KIND(slot) == SLUICE_SLOT_CLASS)
		return SLUICE_SLOT_VALUE(slot);
	if (SLUICE_SLOT_KIND(slot) == SLUICE_SLOT_NARROW)
		return sluice_ranges_narrow(fetch, image, slot, high);
	if (SLUICE_SLOT_KIND(slot) == SLUICE_SLOT_WIDE)
		return sluice_ranges_wide(fetch, image, slot, high, low);
	return SLUICE_RANGES_DAMAGED;
}

/* The class of an IPv4 address (host order). */
SLUICE_INLINE __u32 sluice_ranges_find_ipv4(sluice_fetch_block fetch, void *image, __u32 address)
{
	return sluice_ranges_find(fetch, image, SLUICE_RANGES_TABLES_IPV4, (__u64)address << 32, 0);
}

/* The class of an IPv6 address (both halves in host order). */
SLUICE_INLINE __u32 sluice_ranges_find_ipv6(sluice_fetch_block fetch, void *image, __u64 high, __u64 low)
{
	return sluice_ranges_find(fetch, image, SLUICE_RANGES_TABLES_IPV6, high, low);
}

#endif
