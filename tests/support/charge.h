// charge_racing: charges one packet or connection to a bucket as bpf/bucket.h does, on several processors at once.
#pragma once

#include <cstdint>

#include "sluice/core/limiter.h"

namespace sluice::test {

inline bool charge_racing(const sluice_meter& meter, sluice_bucket_set& set, std::uint32_t tag, std::uint64_t now_mono_ns)
{
	for (int attempt = 0; attempt < 8; attempt++) {
		const auto offer = sluice_limiter_offer(&meter, &set, tag, sluice_meter_reading(&meter, now_mono_ns), meter.cost);
		if (offer.stale)
			continue;
		if (!offer.admitted)
			return false;
		if (__sync_val_compare_and_swap(&set.way[offer.way], offer.seen, offer.next) == offer.seen)
			return true;
	}
	return false;
}

}  // namespace sluice::test
