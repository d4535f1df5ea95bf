// The policy that benchmarks measure: everything that a real one has, on the path that drops.
#pragma once

#include <string>

namespace sluice::bench {

inline constexpr unsigned kListedPrefixes = 10000;
inline constexpr unsigned kBans = 16;
// Packets per second, and bursts, of each source and of the service as a whole; the peers are given the same. So low
// that next to nothing of a flood passes: what the stack does with it would hide what dropping costs.
inline constexpr unsigned kSourceRate = 20;
inline constexpr unsigned kSourceBurst = 40;
inline constexpr unsigned kServiceRate = 20000;
inline constexpr unsigned kServiceBurst = 2000;

std::string full_policy();
// The deny list that it names, lists/scanners.netset: prefixes of 100.64.0.0/10, which no benchmark sends from.
std::string scanners();
// A ban that holds nobody who is measured, number `i`.
std::string ban(unsigned i);

}  // namespace sluice::bench
