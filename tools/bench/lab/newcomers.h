// Newcomers: clients that nobody has seen before, each from an address of its own, at a steady pace whether or not the ones
// before were answered. Answered is who got the server's byte (listener.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "lab/network_namespace.h"
#include "net/address.h"

namespace sluice::lab {

struct NewcomerPlan {
	net::Address first;        // the others follow it; all of them are to be local to the namespace
	net::Address server;
	std::uint16_t port = 0;
	std::uint32_t count = 0;
	std::uint32_t per_second = 0;
	std::chrono::milliseconds patience = std::chrono::seconds(3);  // of each: two SYNs and a half
};

struct NewcomerTally {
	std::uint32_t asked = 0;
	std::vector<double> milliseconds;  // of those that were answered, from their first SYN

	// The share of all that were answered within so long.
	double answered_within(double milliseconds_at_most) const;
};

// Blocks until the last was answered or has lost its patience.
Result<NewcomerTally> call_all(const NetworkNamespace& space, const NewcomerPlan& plan);

}  // namespace sluice::lab
