// BoundFlows: which flows the daemon bound to whom, so that a gateway's further requests on one need not ask it again.
//
// What stands is for the same connection, by the gateway's own number for it, and the same credential, until half of the
// lease is over; then it is asked for again. A connection without a number never stands: its ports may be another's by
// now. Bounded: the oldest goes. Pure, one thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "identity/cache.h"
#include "net/flow.h"

namespace sluice::port {

class BoundFlows {
public:
	explicit BoundFlows(std::size_t most) : most_(most) {}

	struct Holder {
		std::string connection;
		identity::CacheKey credential;

		bool operator==(const Holder&) const = default;
	};
	bool stands(const net::Flow& flow, const Holder& holder, std::uint64_t mono_ns) const;
	// The lease is of so many seconds from now on.
	void put(const net::Flow& flow, Holder holder, std::uint64_t mono_ns, std::uint64_t seconds);
	void forget_all();

	std::size_t size() const { return flows_.size(); }

private:
	struct Entry {
		Holder holder;
		std::uint64_t until_mono_ns = 0;
		std::list<net::Flow>::iterator place;
	};
	std::size_t most_;
	std::map<net::Flow, Entry> flows_;
	std::list<net::Flow> ages_;  // the oldest first
};

}  // namespace sluice::port
