/* Ring 0: reasons and what the kernel does for them. */
#ifndef SLUICE_ABI_VERDICT_H
#define SLUICE_ABI_VERDICT_H

#include "sluice/abi/base.h"

enum sluice_reason {
#define SLUICE_REASON(number, identifier, name, verdict, sentence) SLUICE_##identifier = number,
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
};

/* Room for reasons in every table that is indexed by one. */
#define SLUICE_REASONS 64u

enum sluice_verdict {
	SLUICE_DROP = 0,
	SLUICE_PASS = 1,
	SLUICE_REPLY = 2, /* the frame goes back as an answer */
};

/* One bit a reason: set where the reason passes. */
#define SLUICE_VERDICT_BIT_PASS(number) (1ull << (number))
#define SLUICE_VERDICT_BIT_DROP(number) 0ull
#define SLUICE_VERDICT_BIT_REPLY(number) 0ull
SLUICE_INLINE bool sluice_reason_passes(__u32 reason)
{
	const __u64 passing = 0ull
#define SLUICE_REASON(number, identifier, name, verdict, sentence) | SLUICE_VERDICT_BIT_##verdict(number)
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
	    ;
	return reason < SLUICE_REASONS && (passing >> reason & 1);
}

#define SLUICE_REASON(number, identifier, name, verdict, sentence) \
	SLUICE_STATIC_ASSERT(number < SLUICE_REASONS, "a reason fits its tables");
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON

#endif
