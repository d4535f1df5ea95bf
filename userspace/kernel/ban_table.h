// BanTable: bans in the kernel; the list of prefix lengths that tells packets what to look for, and the sieve that tells
// them where not to (abi/ban.h).
//
// While any ban stands, lengths are only appended; the list is emptied when the last ban is gone. A ban's mark is in the
// sieve before the ban is in the table; marks of those that are gone are cleared when the bans are next read. A view: the
// maps outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/ban_sieve.h"
#include "kernel/typed_map.h"
#include "sluice/abi/ban.h"

namespace sluice::kernel {

class BanTable {
public:
	static Result<BanTable> over(const Map& bans, const Map& lengths, BanSieve sieve);

	// As Datapath::ban, unban and bans.
	Result<void> set(const datapath::Ban& ban, std::uint64_t now_mono_ns) const;
	Result<void> lift(const net::Prefix& prefix) const;
	// Removes the expired ones on the way.
	Result<std::vector<datapath::Ban>> standing(std::uint64_t now_mono_ns) const;
	// The one of `source` that stands longest at that time; changes nothing.
	Result<std::optional<datapath::Ban>> find(const net::Address& source, std::uint64_t now_mono_ns) const;

	// Appends the lengths of bans that are there and not listed, and marks every ban in the sieve.
	Result<void> settle() const;

private:
	using Bans = TypedMap<sluice_ban_key, sluice_ban>;
	using Lengths = TypedMap<std::uint32_t, sluice_ban_lengths>;
	BanTable(Bans bans, Lengths lengths, BanSieve sieve, std::uint32_t capacity)
	    : bans_(bans), lengths_(lengths), sieve_(sieve), capacity_(capacity)
	{
	}

	Result<void> put(const sluice_ban_key& key, const sluice_ban& ban, std::uint64_t now_mono_ns) const;
	Result<void> forget_lengths_if_empty() const;

	Bans bans_;
	Lengths lengths_;
	BanSieve sieve_;
	std::uint32_t capacity_;
};

// Those that stand, out of the table alone.
Result<std::vector<datapath::Ban>> read_bans(const Map& bans, std::uint64_t now_mono_ns);

}  // namespace sluice::kernel
