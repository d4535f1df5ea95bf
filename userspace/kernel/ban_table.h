// BanTable: bans and overlay entries in the kernel; the list of prefix lengths that tells packets what to look for, and the
// sieve that tells them where not to (abi/ban.h).
//
// While any entry stands, lengths are only appended; the list is emptied when the last one is gone. An entry's mark is in
// the sieve before the entry is in the table; marks of those that are gone are cleared when the entries are next read. A
// view: the maps outlive it.
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

	// As Datapath::overlay, forget and overlay_entries.
	Result<void> set(const datapath::OverlayEntry& entry, std::uint64_t now_mono_ns) const;
	Result<void> forget(const net::Prefix& prefix) const;
	Result<std::vector<datapath::OverlayEntry>> overlay(std::uint64_t now_mono_ns) const;
	// The one with the longest prefix that holds `source` at that time; changes nothing.
	Result<std::optional<datapath::OverlayEntry>> find_overlay(const net::Address& source, std::uint64_t now_mono_ns) const;

	// Appends the lengths of entries that are there and not listed, and marks every entry in the sieve.
	Result<void> settle() const;

private:
	using Bans = TypedMap<sluice_ban_key, sluice_ban>;
	using Lengths = TypedMap<std::uint32_t, sluice_ban_lengths>;
	BanTable(Bans bans, Lengths lengths, BanSieve sieve, std::uint32_t capacity)
	    : bans_(bans), lengths_(lengths), sieve_(sieve), capacity_(capacity)
	{
	}

	using Entry = std::pair<sluice_ban_key, sluice_ban>;

	Result<void> write(const Entry& entry, std::uint64_t now_mono_ns) const;
	Result<void> put(const Entry& entry, std::uint64_t now_mono_ns) const;
	Result<void> erase(const sluice_ban_key& key) const;
	Result<std::vector<Entry>> sweep(std::uint64_t now_mono_ns) const;
	Result<std::vector<Entry>> holding(const net::Address& source, sluice_ban_kind kind, std::uint64_t now_mono_ns) const;
	Result<void> forget_lengths_if_empty() const;

	Bans bans_;
	Lengths lengths_;
	BanSieve sieve_;
	std::uint32_t capacity_;
};

struct Said {
	std::vector<datapath::Ban> bans;
	std::vector<datapath::OverlayEntry> overlay;
};

// Those that stand, in the order of their prefixes, out of the table alone.
Result<Said> read_said(const Map& bans, std::uint64_t now_mono_ns);

}  // namespace sluice::kernel
