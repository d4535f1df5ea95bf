/* Ring 0: a range image: which class has an address. One image a family, compiled from prefixes by
 * userspace/policy/ranges.cpp, read by core/ranges.h, in blocks of one cache line that an array map holds.
 *
 *   slot    8 bytes, by itself or in tables; the first of the image is the root.
 *           CLASS: the class. TABLE: 2^value slots, chosen by the next `value` bits. NARROW, WIDE: a list, and as `value`
 *           its default, the class of what lies before its first item.
 *   item    sorted by key, the next 16 bits (NARROW, 4 bytes) or 46 bits (WIDE, 8 bytes) of the address.
 *           FROM: the class from that key on. POINT: the class of that key alone, the list's default after it.
 *           RECORD: as POINT, but the lower half of the address decides. The word before a list with such items is the
 *           number of its first record.
 *   record  16 bytes. ONE: a prefix of the lower half with its class, and the class of all the rest. MANY: a sorted list
 *           of {first of the range, class}, from 0 on.
 *
 * Items and records are aligned to their size: none crosses a block.
 */
#ifndef SLUICE_ABI_RANGES_H
#define SLUICE_ABI_RANGES_H

#include "sluice/abi/base.h"

/* Tables on the way to an address, at most. */
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
#define SLUICE_LIST_STEPS 15u /* halvings of a list of 2^17 to one block */

/* A narrow item: key 16 bits, point 1, class 15. */
#define SLUICE_NARROW_POINT 0x8000u
#define SLUICE_NARROW_KEY_BITS 16u
#define SLUICE_NARROW_KEY_SHIFT 16u
#define SLUICE_NARROW_LOG 4u /* 2^4 items a block */

/* A wide item: key 46 bits, type 2, value 16: a class, or the record's number in its list. */
enum sluice_wide_type {
	SLUICE_WIDE_FROM = 0,
	SLUICE_WIDE_POINT = 1,
	SLUICE_WIDE_RECORD = 2,
};
#define SLUICE_WIDE_KEY_BITS 46u
#define SLUICE_WIDE_KEY_SHIFT 18u
#define SLUICE_WIDE_LOG 3u

/* ONE: `low` is the prefix, `what` its length in 7 bits, its class in 15 from bit 16, the rest's class in 15 from 32.
 * MANY: `low` is the index of the first of the list, `what` their number in 32 bits.
 * In that list: the first address of a range, and its class. */
struct sluice_record {
	__u64 low;
	__u64 what;
};
#define SLUICE_RECORD_MANY (1ull << 63)
#define SLUICE_LOW_STEPS 28u /* halvings of a list of 2^28 to one */

SLUICE_STATIC_ASSERT(sizeof(struct sluice_record) == 16, "four records a block");

#endif
