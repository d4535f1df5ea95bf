// Cache: what verify() said of a token with a certificate, so that a gateway's second request costs no signature.
//
// An answer is given again only to the same token with the same certificate, in the epoch of trust that it was made in,
// while its time on the monotonic clock lasts, and while the wall clock says that the identity has not expired: a wall
// clock that steps back lengthens nothing, one that steps forward ends what is over. Refusals are remembered too, briefly,
// in a table of their own: a flood of bad tokens pushes no good one out. Bounded; the longest unused goes. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>

#include "identity/verify.h"

namespace sluice::identity {

// SHA-256 of the token, then the certificate's thumbprint; zeros where there is none. Ordered, not hashed: nobody can
// choose tokens that collide.
using CacheKey = std::array<std::uint8_t, 64>;

Checked<CacheKey> cache_key(std::string_view token, const std::optional<Thumbprint>& thumbprint);

struct CacheTime {
	std::uint64_t mono_ns = 0;
	Moment wall;
	std::uint64_t epoch = 0;  // of trust and key sets together; grows with every change
};

struct CacheLimits {
	std::size_t identities = 100'000;
	std::size_t refusals = 20'000;
	std::chrono::seconds longest{300};
	std::chrono::seconds longest_refusal{5};
};

class Cache {
public:
	explicit Cache(CacheLimits limits) : limits_(limits) {}

	// The answer, if there is one that may be given now; what may not be given any more is forgotten.
	std::optional<Checked<Identity>> find(const CacheKey& key, const CacheTime& now);
	void put(const CacheKey& key, const Checked<Identity>& answer, const CacheTime& now);

	std::size_t identities() const { return identities_.entries.size(); }
	std::size_t refusals() const { return refusals_.entries.size(); }

private:
	struct Entry {
		Checked<Identity> answer;
		std::uint64_t ends_mono_ns;
		std::uint64_t epoch;
		std::list<CacheKey>::iterator place;
	};
	struct Table {
		std::map<CacheKey, Entry> entries;
		std::list<CacheKey> used;  // the latest first

		void forget(std::map<CacheKey, Entry>::iterator entry);
	};
	static std::optional<Checked<Identity>> find(Table& table, const CacheKey& key, const CacheTime& now);

	CacheLimits limits_;
	Table identities_;
	Table refusals_;
};

}  // namespace sluice::identity
