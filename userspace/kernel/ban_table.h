// BanTable: bans in the kernel, and the list of prefix lengths that tells packets what to look for (abi/ban.h).
//
// While any ban stands, lengths are only appended; the list is emptied when the last ban is gone. A view: both maps
// outlive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/typed_map.h"
#include "sluice/abi/ban.h"

namespace sluice::kernel {

class BanTable {
public:
	static Result<BanTable> over(const Map& bans, const Map& lengths);

	// As Datapath::ban, unban and bans.
	Result<void> set(const datapath::Ban& ban, std::uint64_t now_mono_ns) const;
	Result<void> lift(const net::Prefix& prefix) const;
	// Removes the expired ones on the way.
	Result<std::vector<datapath::Ban>> standing(std::uint64_t now_mono_ns) const;
	// The same, changing nothing.
	Result<std::vector<datapath::Ban>> look(std::uint64_t now_mono_ns) const;

	// The one of `source` that stands longest at that time; changes nothing.
	Result<std::optional<datapath::Ban>> find(const net::Address& source, std::uint64_t now_mono_ns) const;

	// Appends the lengths of bans that are there and not listed.
	Result<void> settle_lengths() const;

private:
	using Bans = TypedMap<sluice_ban_key, sluice_ban>;
	using Lengths = TypedMap<std::uint32_t, sluice_ban_lengths>;
	BanTable(Bans bans, Lengths lengths, std::uint32_t capacity) : bans_(bans), lengths_(lengths), capacity_(capacity) {}

	Result<void> put(const sluice_ban_key& key, const sluice_ban& ban, std::uint64_t now_mono_ns) const;
	Result<void> forget_lengths_if_empty() const;

	Bans bans_;
	Lengths lengths_;
	std::uint32_t capacity_;
};

}  // namespace sluice::kernel
