/* Ring 1: longest-prefix lookup in a range image.
 *
 * An image maps every address of one family to a class. Policy cuts the address space into disjoint ranges and compiles
 * them (userspace/policy/ranges.cpp) into blocks of one cache line; this reads them. The walk is the same for both
 * families: an address is 128 bits, IPv4 in the topmost 32; tables and lists see the upper half, records the lower.
 *
 *   slot    8 bytes, by default in tables; the first of the image is the root.
 *           CLASS: the class. TABLE: 2^value slots, chosen by the next `value` bits. NARROW, WIDE: a list, and the class of
 *           what lies before its first item.
 *   item    sorted by key, the next 16 bits (NARROW, 4 bytes) or 46 bits (WIDE, 8 bytes) of the address.
 *           FROM: the class from that key on. POINT: the class of that key alone, the list's default after it.
 *           RECORD: as POINT, but the lower half of the address decides. The word before a WIDE list is the number of
 *           its first record.
 *   record  16 bytes. ONE: one prefix of the lower half and its class, the class of all the rest. MANY: a
 *           sorted list of lows, {first of the range, class}, from 0 on.
 *
 * Bounded for every image, damaged ones included: SLUICE_RANGES_TABLES_* tables and a bisection. Whoever calls
 * passes the fetch of a block, which returns NULL past the end; the result is then SLUICE_RANGES_DAMAGED.
 */
#ifndef SLUICE_CORE_RANGES_H
#define SLUICE_CORE_RANGES_H

#include "sluice/abi/base.h"

typedef const void *(*sluice_fetch_block)(void *image, __u32 index);

#define SLUICE_RANGES_DAMAGED 0xffffffffu
#define SLUICE_RANGES_TABLES_IPV4 3u
#define SLUICE_RANGES_TABLES_IPV6 8u

enum sluice_slot_kind {
	SLUICE_SLOT_CLASS = 0,
	SLUICE_SLOT_TABLE = 1,
	SLUICE_SLOT_NARROW = 2,
	SLUICE_SLOT_WIDE = 3,
};

/* A slot: kind 2 bits, value 15, count 17, first 30 (in units of what it points at). */
#define SLUICE_SLOT_KIND(slot) ((__u32)(slot) & 3)
#define SLUICE_SLOT_VALUE(slot) ((__u32)(slot) >> 2 & 0x7fff)
#define SLUICE_SLOT_COUNT(slot) ((__u32)((slot) >> 17) & 0x1ffff)
#define SLUICE_SLOT_FIRST(slot) ((__u32)((slot) >> 34))
#define SLUICE_SLOT(kind, value, count, first) \
	((__u64)(kind) | (__u64)(value) << 2 | (__u64)(count) << 17 | (__u64)(first) << 34)
#define SLUICE_SLOT_MAX_COUNT 0x1ffffu
#define SLUICE_SLOT_MAX_FIRST 0x3fffffffu

/* A narrow item: key 16 bits, point 1, class 15. */
#define SLUICE_NARROW_POINT 0x8000u
#define SLUICE_NARROW_KEY_BITS 16u
#define SLUICE_NARROW_STEPS 13u /* blocks of the longest list, halved: 2^16 items */

/* A wide item: key 46 bits, type 2, value 16: a class, or the record's number in its list. */
enum sluice_wide_type {
	SLUICE_WIDE_FROM = 0,
	SLUICE_WIDE_POINT = 1,
	SLUICE_WIDE_RECORD = 2,
};
#define SLUICE_WIDE_KEY_BITS 46u
#define SLUICE_WIDE_KEY_SHIFT 18u
#define SLUICE_WIDE_STEPS 15u /* 2^17 items */

/* A record's `what`: ONE: length 7 bits, class 15 (from 16), the rest's class 15 (from 32), bit 63 clear.
 * MANY: count 32 bits, bit 63 set; `low` is the index of the first. */
struct sluice_record {
	__u64 low;
	__u64 what;
};
#define SLUICE_RECORD_MANY (1ull << 63)
#define SLUICE_LOW_STEPS 28u

SLUICE_INLINE bool sluice_ranges_word(sluice_fetch_block fetch, void *image, __u32 index, __u64 *word)
{
	const __u64 *block = (const __u64 *)fetch(image, index >> 3);

	if (!block)
		return false;
	*word = block[index & 7];
	return true;
}

/* The last of `count` items from `first` on that is <= probe, in an array of 2^log items a block. Narrows the interval to
 * one block first, by the blocks' first items. */
SLUICE_INLINE __u32 sluice_ranges_narrow(sluice_fetch_block fetch, void *image, __u64 slot, __u64 high)
{
	__u32 probe = (__u32)(high >> 32) | 0xffff, low = SLUICE_SLOT_FIRST(slot), end = low + SLUICE_SLOT_COUNT(slot);
	const __u32 *block;
	__u32 i, item;

	for (i = 0; i < SLUICE_NARROW_STEPS && low >> 4 < (end - 1) >> 4; i++) {
		__u32 middle = ((low >> 4) + ((end - 1) >> 4) + 1) >> 1;

		block = (const __u32 *)fetch(image, middle);
		if (!block)
			return SLUICE_RANGES_DAMAGED;
		if (block[0] <= probe)
			low = middle << 4;
		else
			end = middle << 4;
	}
	block = (const __u32 *)fetch(image, low >> 4);
	if (!block)
		return SLUICE_RANGES_DAMAGED;
	for (i = 0; i < 4 && low + 1 < end; i++) {
		__u32 middle = (low + end) >> 1;

		if (block[middle & 15] <= probe)
			low = middle;
		else
			end = middle;
	}
	item = block[low & 15];
	if (item > probe)
		return SLUICE_SLOT_VALUE(slot);
	if ((item & SLUICE_NARROW_POINT) && (item ^ probe) >> SLUICE_NARROW_KEY_BITS)
		return SLUICE_SLOT_VALUE(slot);
	return item & 0x7fff;
}

SLUICE_INLINE __u32 sluice_ranges_low(sluice_fetch_block fetch, void *image, __u64 first, __u32 count, __u64 low)
{
	__u32 at = (__u32)first, end = at + count, i;
	const struct sluice_record *block;

	for (i = 0; i < SLUICE_LOW_STEPS && at + 1 < end; i++) {
		__u32 middle = at + ((end - at) >> 1);

		block = (const struct sluice_record *)fetch(image, middle >> 2);
		if (!block)
			return SLUICE_RANGES_DAMAGED;
		if (block[middle & 3].low <= low)
			at = middle;
		else
			end = middle;
	}
	block = (const struct sluice_record *)fetch(image, at >> 2);
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
		return sluice_ranges_low(fetch, image, record.low, (__u32)record.what, low);
	if ((record.low ^ low) >> ((64 - record.what) & 63))
		return record.what >> 32 & 0x7fff;
	return record.what >> 16 & 0x7fff;
}

SLUICE_INLINE __u32 sluice_ranges_wide(sluice_fetch_block fetch, void *image, __u64 slot, __u64 high, __u64 lower)
{
	__u32 low = SLUICE_SLOT_FIRST(slot), end = low + SLUICE_SLOT_COUNT(slot), i, type;
	__u64 probe = high | ((1ull << SLUICE_WIDE_KEY_SHIFT) - 1), item, first;
	const __u64 *block;

	for (i = 0; i < SLUICE_WIDE_STEPS && low >> 3 < (end - 1) >> 3; i++) {
		__u32 middle = ((low >> 3) + ((end - 1) >> 3) + 1) >> 1;

		block = (const __u64 *)fetch(image, middle);
		if (!block)
			return SLUICE_RANGES_DAMAGED;
		if (block[0] <= probe)
			low = middle << 3;
		else
			end = middle << 3;
	}
	block = (const __u64 *)fetch(image, low >> 3);
	if (!block)
		return SLUICE_RANGES_DAMAGED;
	for (i = 0; i < 3 && low + 1 < end; i++) {
		__u32 middle = (low + end) >> 1;

		if (block[middle & 7] <= probe)
			low = middle;
		else
			end = middle;
	}
	item = block[low & 7];
	type = item >> 16 & 3;
	if (item > probe || (type != SLUICE_WIDE_FROM && (item ^ probe) >> SLUICE_WIDE_KEY_SHIFT))
		return SLUICE_SLOT_VALUE(slot);
	if (type != SLUICE_WIDE_RECORD)
		return item & 0x7fff;
	if (!sluice_ranges_word(fetch, image, SLUICE_SLOT_FIRST(slot) - 1, &first))
		return SLUICE_RANGES_DAMAGED;
	return sluice_ranges_record(fetch, image, (__u32)first + (item & 0xffff), lower);
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
