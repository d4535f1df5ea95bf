// Meters, from the kernel's units back to people's: the rate and burst that were configured, levels, times. Pure.
#pragma once

#include <cstdint>

#include "net/rate.h"
#include "sluice/abi/limit.h"

namespace sluice::telemetry {

// "packets", "bits", "connections".
const char* dimension_name(unsigned dimension);

// Units of a meter in packets, bits or connections, rounded up or down. Requires meter.cost != 0.
std::uint64_t in_unit(const sluice_meter& meter, unsigned dimension, std::uint64_t units, bool up);
// Nanoseconds until so many units have drained; of a fixed window, until its edge. Requires meter.speed != 0.
std::uint64_t time_to_sink(const sluice_meter& meter, std::uint64_t units, std::uint64_t now_mono_ns);

// The rate and the burst that a policy was written with, from a meter that is not absent. The rate is exact where the
// compiler rounded down, as it does; otherwise the nearest whole number.
net::Rate configured_rate(const sluice_meter& meter, unsigned dimension);
std::uint64_t configured_burst(const sluice_meter& meter, unsigned dimension);

}  // namespace sluice::telemetry
