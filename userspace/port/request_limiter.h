// RequestLimiter: holds what only a gateway can tell apart, an API key or an identity, each to a rate of requests.
//
// The arithmetic is that of packets (core/limiter.h, core/sliding_log.h), over a table of a fixed size that hashes choose
// the places of: there is nothing to fill, and nobody is refilled by others' coming. Keys are kept nowhere; their hash has
// a secret that lasts as long as the process. Pure, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "port/messages.h"
#include "sluice/core/sliding_log.h"

namespace sluice::port {

using LimitSecret = std::array<std::uint64_t, 2>;

class RequestLimiter {
public:
	// `limit` as messages.h has it; its meter begins at that time.
	RequestLimiter(const RequestLimit& limit, const LimitSecret& secret, std::uint64_t mono_ns);

	struct Offer {
		bool admitted = false;
		std::uint64_t remaining = 0;  // requests that would be admitted at once, this one taken off if it is
		std::uint64_t wait_ns = 0;    // until one is; 0 where it is
		std::uint64_t reset_ns = 0;   // until all of the burst, or window, is there again
		std::size_t word = 0;         // what charge() writes
		std::uint64_t next = 0;
	};
	// What one more request of this key would meet. Writes nothing.
	Offer offer(std::string_view key, std::uint64_t mono_ns) const;
	// Requires an admitted offer, and that nothing was charged since.
	void charge(const Offer& offer) { words_[offer.word] = offer.next; }

	const RequestLimit& limit() const { return limit_; }

private:
	struct Place {
		std::size_t first = 0;  // word of its set
		std::uint32_t tag = 0;
	};
	Place place_of(std::string_view key) const;
	Offer offer_of_bucket(const Place& place, std::uint64_t mono_ns) const;
	Offer offer_of_log(const Place& place, std::uint64_t mono_ns) const;
	std::uint64_t time_to_sink(std::uint64_t units, std::uint64_t mono_ns) const;

	RequestLimit limit_;
	LimitSecret secret_;
	std::vector<std::uint64_t> words_;
};

// Several, of which each has its say: a request that one refuses is charged to none.
class RequestLimiters {
public:
	explicit RequestLimiters(const LimitSecret& secret) : secret_(secret) {}

	// These from now on. One that is as it was keeps its levels.
	void follow(const std::vector<RequestLimit>& limits, std::uint64_t mono_ns);

	struct Said {
		RequestLimit limit;
		RequestLimiter::Offer offer;
	};
	// What each limit says to a request with such keys, in their order; one whose key is nothing says nothing.
	std::vector<Said> charge(const std::vector<std::optional<std::string>>& keys, std::uint64_t mono_ns);

private:
	LimitSecret secret_;
	std::vector<RequestLimiter> limiters_;
};

}  // namespace sluice::port
