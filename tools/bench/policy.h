// The policy that benchmarks measure: everything that a real one has, on the path that drops.
#pragma once

#include <string>

namespace sluice::bench {

inline constexpr unsigned kListedPrefixes = 10000;
inline constexpr unsigned kBans = 16;
// Each source's packets per second, and the burst; the peers are given the same.
inline constexpr unsigned kSourceRate = 2000;
inline constexpr unsigned kSourceBurst = 4000;

std::string full_policy();
// The deny list that it names, lists/scanners.netset: prefixes of 100.64.0.0/10, which no benchmark sends from.
std::string scanners();
// A ban that holds nobody who is measured, number `i`.
std::string ban(unsigned i);

}  // namespace sluice::bench
