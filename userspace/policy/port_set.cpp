#include "policy/port_set.h"

namespace sluice::policy {

PortSet::PortSet(const std::vector<net::PortRange>& ranges)
{
	if (ranges.empty()) {
		ports_.set();
		return;
	}
	// How many ranges begin, less how many have ended, at each port: linear however the ranges overlap.
	std::vector<std::int64_t> change(kPorts + 1);
	for (const net::PortRange& range : ranges) {
		change[range.first]++;
		change[range.last + 1u]--;
	}
	std::int64_t open = 0;
	for (std::uint32_t port = 0; port < kPorts; port++) {
		open += change[port];
		ports_[port] = open > 0;
	}
}

}  // namespace sluice::policy
