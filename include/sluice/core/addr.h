/* Ring 1: addresses: byte order, masks. */
#ifndef SLUICE_CORE_ADDR_H
#define SLUICE_CORE_ADDR_H

#include "sluice/abi/addr.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SLUICE_BE16(value) __builtin_bswap16(value)
#define SLUICE_BE32(value) __builtin_bswap32(value)
#else
#define SLUICE_BE16(value) (value)
#define SLUICE_BE32(value) (value)
#endif

SLUICE_INLINE struct sluice_addr sluice_addr_from_ipv4(__be32 address)
{
	struct sluice_addr mapped = {{0, 0, SLUICE_BE32(0xffffu), address}};

	return mapped;
}

SLUICE_INLINE struct sluice_addr sluice_addr_masked(const struct sluice_addr *addr, const struct sluice_addr *mask)
{
	struct sluice_addr masked = {{
		addr->word[0] & mask->word[0],
		addr->word[1] & mask->word[1],
		addr->word[2] & mask->word[2],
		addr->word[3] & mask->word[3],
	}};

	return masked;
}

/* Two words of an address, from `first` on, in host order. */
SLUICE_INLINE __u64 sluice_addr_half(const struct sluice_addr *addr, __u32 first)
{
	return (__u64)SLUICE_BE32(addr->word[first]) << 32 | SLUICE_BE32(addr->word[first + 1]);
}

/* The first `length` (0 to 128) bits of a word that starts at bit `start`, in network order. */
SLUICE_INLINE __be32 sluice_mask_word(__u32 length, __u32 start)
{
	if (length <= start)
		return 0;
	if (length >= start + 32)
		return 0xffffffffu;
	return SLUICE_BE32(0xffffffffu << (start + 32 - length));
}

SLUICE_INLINE struct sluice_halves sluice_addr_halves(const struct sluice_addr *addr)
{
	struct sluice_halves halves = {{
		(__u64)addr->word[1] << 32 | addr->word[0],
		(__u64)addr->word[3] << 32 | addr->word[2],
	}};

	return halves;
}

/* The address whose halves those are. */
SLUICE_INLINE struct sluice_addr sluice_halves_addr(const struct sluice_halves *halves)
{
	struct sluice_addr addr = {{
		(__be32)halves->half[0],
		(__be32)(halves->half[0] >> 32),
		(__be32)halves->half[1],
		(__be32)(halves->half[1] >> 32),
	}};

	return addr;
}

SLUICE_INLINE struct sluice_halves sluice_halves_masked(const struct sluice_halves *halves, const struct sluice_halves *mask)
{
	struct sluice_halves masked = {{halves->half[0] & mask->half[0], halves->half[1] & mask->half[1]}};

	return masked;
}

/* The mask of a prefix; `length` in bits of the mapped form. */
SLUICE_INLINE struct sluice_addr sluice_addr_mask(__u32 length)
{
	struct sluice_addr mask = {{
		sluice_mask_word(length, 0),
		sluice_mask_word(length, 32),
		sluice_mask_word(length, 64),
		sluice_mask_word(length, 96),
	}};

	return mask;
}

#endif
