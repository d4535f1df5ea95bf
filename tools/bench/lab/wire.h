// Wire: two hosts and a link. `gate` is the guarded host, `world` is everybody else; each has the interface "eth0".
//
//   world 192.0.2.1/24, 2001:db8::1/64   <---- veth ---->   gate 192.0.2.2/24, 2001:db8::2/64
//
// The link has one queue per processor and no offloads that would change what a frame looks like at the other end.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "lab/network_namespace.h"

namespace sluice::lab {

inline constexpr const char* kWorldIpv4 = "192.0.2.1";
inline constexpr const char* kGateIpv4 = "192.0.2.2";
inline constexpr const char* kWorldIpv6 = "2001:db8::1";
inline constexpr const char* kGateIpv6 = "2001:db8::2";
inline constexpr const char* kWorldMac = "02:00:00:00:00:01";
inline constexpr const char* kGateMac = "02:00:00:00:00:02";
inline constexpr const char* kInterface = "eth0";

class Wire {
public:
	// Removes what dead predecessors left, then builds. On error nothing stays. `role` tells several of one process apart.
	static Result<Wire> open(const std::string& role = "");

	NetworkNamespace& gate() { return gate_; }
	NetworkNamespace& world() { return world_; }
	const NetworkNamespace& gate() const { return gate_; }
	const NetworkNamespace& world() const { return world_; }

	// Another address of the world: a client beside the first. "192.0.2.7/24".
	Result<void> add_client(const std::string& address) const;

private:
	Wire(NetworkNamespace gate, NetworkNamespace world) : gate_(std::move(gate)), world_(std::move(world)) {}
	Result<void> connect() const;

	NetworkNamespace gate_;
	NetworkNamespace world_;
};

// The interface's index, and what it has received since it exists. Of this thread's namespace: see inside().
Result<std::uint32_t> interface_index(const std::string& name);
// 32 bits, they wrap; differences of a few seconds are right.
Result<std::uint32_t> received_packets(const std::string& name);

// Hands frames from the link to the stack in batches (NAPI) without an XDP program, as every physical interface does.
Result<void> receive_in_batches(const std::string& name);
// Makes what this host's stack sends out of the interface wait in the queue in which a flood waits at the far end, as it would
// on a physical link: a veth takes frames past that queue while segmentation is offloaded and no XDP program is there.
Result<void> share_the_queue(const std::string& name);

}  // namespace sluice::lab
