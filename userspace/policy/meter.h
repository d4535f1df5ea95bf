// Meters: rates and bursts of people as the kernel's units and ticks (include/sluice/abi/limit.h).
//
// A packet, byte or connection costs so many units that the meter runs at about 2^22 units a second: fine enough for
// rounding down to lose nothing that anybody sees, slow enough for a reading to come round only after weeks. What is
// rounded is rounded down: the bound is kept.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "policy/model.h"
#include "sluice/abi/limit.h"

namespace sluice::policy {

// Cost, speed, burst and horizon of a meter that starts at nothing; its region and epoch are the caller's. With
// `kept_cost`, that cost if the meter can be expressed with it. Error kInvalid, with advice, when no tick of the clock
// can express it: the rate rounds down by more than a hundredth, or the reading would come round within seconds.
Result<sluice_meter> express(const Meter& meter, sluice_dimension dimension, std::uint64_t kept_cost = 0);

// `next`, going on where `previous` stands at that time: the same reading, the same region. Requires equal costs and
// now_mono_ns >= previous.epoch_mono_ns.
sluice_meter continued(sluice_meter next, const sluice_meter& previous, std::uint64_t now_mono_ns);

}  // namespace sluice::policy
