/* Ring 0: the one address type above the wire.
 *
 * Sixteen bytes in network order. IPv4 lives at ::ffff:0:0/96 (RFC 4291, 2.5.5.2), so that nothing
 * above the parser has a twin function per family. An IPv6 packet that carries such an address on the
 * wire is refused by the parser: it would pass for another host.
 */
#ifndef SLUICE_ABI_ADDR_H
#define SLUICE_ABI_ADDR_H

#include "sluice/abi/base.h"

struct sluice_addr {
	__be32 word[4];
};

/* The same sixteen bytes as two numbers, in the machine's own order: to mask, compare and hash, not to count with. */
struct sluice_halves {
	__u64 half[2];
};

SLUICE_STATIC_ASSERT(sizeof(struct sluice_addr) == 16, "an address is 16 bytes");

/* Families as Sluice numbers them: an index, not AF_*. */
#define SLUICE_IPV4 0u
#define SLUICE_IPV6 1u
#define SLUICE_FAMILIES 2u

/* Bits in front of an IPv4 address in its mapped form. */
#define SLUICE_IPV4_PREFIX_BITS 96u

#endif
