/* Ring 1: a cursor over the bytes of a frame. Nothing at or past `end` is ever read. */
#ifndef SLUICE_CORE_CURSOR_H
#define SLUICE_CORE_CURSOR_H

#include "sluice/abi/base.h"

struct sluice_cursor {
	const __u8 *at;
	const __u8 *end;  /* end of the bytes that can be read; a multi-buffer frame goes on behind it */
	__u32 left;       /* bytes that the frame, later the IP header, says are there from `at` on */
};

/* Whether `size` bytes can be read at the cursor. */
SLUICE_INLINE bool sluice_cursor_holds(const struct sluice_cursor *cursor, __u32 size)
{
	return cursor->at + size <= cursor->end;
}

/* Requires size <= left; what is skipped need not be readable, what is read next is checked again. */
SLUICE_INLINE void sluice_cursor_skip(struct sluice_cursor *cursor, __u32 size)
{
	cursor->at += size;
	cursor->left -= size;
}

#endif
