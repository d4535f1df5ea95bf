// Contestants that guard a port somebody listens at, each with newcomers' addresses in its world: for floods of clients that
// do not exist.
#pragma once

#include "contestant.h"

namespace sluice::bench {

// The processor that takes frames off their links; floods are made on another.
inline constexpr unsigned kReceiveCore = 1;
inline constexpr unsigned kFloodCore = 0;

// The first address of newcomers; 65 536 of them, IPv6 each of its own /64.
inline constexpr const char* kNewcomersIpv4 = "10.9.0.1";
inline constexpr const char* kNewcomersIpv6 = "2001:db8:9:1::1";

// Sluice, `unproved: {connections: 2000/s, beyond: cookie}`, and drop.
Opened open_proof_cookie();
Opened open_proof_drop();
// A program that drops, and nobody to reach: what no other can be faster than.
Opened open_proof_floor();
// The host alone.
Opened open_stack();
// nftables, netdev ingress: SYNs to the port over the same budget dropped. Error kUnsupported as open_nftables().
Opened open_syn_limit();

}  // namespace sluice::bench
