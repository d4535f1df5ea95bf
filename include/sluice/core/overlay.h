/* Ring 1: an overlay entry beside what the lists say of a source. Both are entries of one table: the longer prefix counts,
 * and of equal ones the overlay's, which is the newer word. What the source is then called, core/decide.h ranks as it
 * ranks any listed source.
 */
#ifndef SLUICE_CORE_OVERLAY_H
#define SLUICE_CORE_OVERLAY_H

#include "sluice/abi/policy.h"

/* `listed` and `length` are the longest overlay entry's that holds the source; listed 0: there is none. Which failsafe
 * entries name the source is not the overlay's to say. */
SLUICE_INLINE void sluice_overlay(struct sluice_class *source, __u8 listed, __u8 length)
{
	if (!listed || source->length > length)
		return;
	source->rule = SLUICE_RULE_OVERLAY;
	source->limit = 0;
	source->listed = listed;
	source->length = length;
}

#endif
