// PortSet: which of the 65536 ports a list of ranges names. An empty list names every port.
#pragma once

#include <bitset>
#include <cstdint>
#include <vector>

#include "net/port_range.h"

namespace sluice::policy {

class PortSet {
public:
	static constexpr std::uint32_t kPorts = 65536;

	explicit PortSet(const std::vector<net::PortRange>& ranges);

	// Requires port < kPorts.
	bool contains(std::uint32_t port) const { return ports_[port]; }
	bool operator==(const PortSet&) const = default;
	bool intersects(const PortSet& other) const { return (ports_ & other.ports_).any(); }

private:
	std::bitset<kPorts> ports_;
};

}  // namespace sluice::policy
