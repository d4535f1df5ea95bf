// BanSieve: the marks that bans leave in front of their table (core/sieve.h).
//
// A mark too many costs a packet a lookup; one too few would let a banned source in, and never is: the words change one by
// one, and each always holds the marks of every ban that stands. One writer. A view: the map outlives it.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "kernel/typed_map.h"
#include "sluice/abi/addr.h"
#include "sluice/abi/limit.h"
#include "sluice/core/sieve.h"

namespace sluice::kernel {

class BanSieve {
public:
	// `key`: that of the generations that read it.
	static Result<BanSieve> over(const Map& words, const sluice_hash_key& key);

	// Before the ban of `prefix` is in the table.
	Result<void> mark(const sluice_addr& prefix) const;
	// Leaves the marks of these and no other.
	Result<void> keep(std::span<const sluice_addr> prefixes) const;

private:
	using Words = TypedMap<std::uint32_t, std::uint64_t>;
	sluice_sieve_mark mark_of(const sluice_addr& prefix) const;
	BanSieve(const Map& map, Words words, const sluice_hash_key& key) : map_(&map), words_(words), key_(key) {}

	const Map* map_;
	Words words_;
	sluice_hash_key key_;
};

}  // namespace sluice::kernel
