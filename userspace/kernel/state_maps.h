// StateMaps: what outlives policies and daemons: counters, buckets, bans, events, the hash key, identities and leases, proved sources.
//
// Each is adopted from its pin where its shape is ours; otherwise made anew, and pinned by pin(), in place of what was
// there. What was adopted, migrated or dropped is told in `notes`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/ban_table.h"
#include "kernel/kernel_datapath.h"
#include "kernel/lease_table.h"
#include "kernel/map.h"
#include "kernel/pins.h"
#include "kernel/skeleton.h"
#include "kernel/undo.h"
#include "sluice/abi/limit.h"

namespace sluice::kernel {

// In the order in which they are made; the names of the program's maps and of the pins.
inline constexpr const char* kStateMaps[] = {"counters",    "rule_counters", "buckets",      "bans",
					     "ban_lengths", "ban_sieve",     "events",       "event_gauges", "hash_key",
					     "identities",  "identity_names", "bindings",     "binding_lengths",
					     "proofs",      "cookies"};

// The one that holds the levels of limits.
inline constexpr const char* kBucketsMap = "buckets";

class StateMaps {
public:
	// `abi`: the version of what is pinned; 0 where no generation says. Of another version only bans are taken over, entry
	// by entry, where their layout is ours.
	static Result<StateMaps> open(Calls& calls, const Pins& pins, const Options& options, std::uint32_t abi,
				      std::vector<std::string>& notes);

	// Everything new and pinned nowhere: gone with the object.
	static Result<StateMaps> fresh(Calls& calls, const Options& options);

	// The same maps, but for the levels of limits: those are a copy, pinned nowhere, that nobody else charges.
	Result<StateMaps> with_levels_copied(Calls& calls) const;

	const Map& at(const std::string& name) const { return maps_.at(name).map; }
	const sluice_hash_key& hash_key() const { return hash_key_; }
	// A view of these maps.
	Result<BanTable> bans() const;
	Result<LeaseTable> leases() const;

	// Pins those that are not pinned yet; `undo` puts back what was there.
	Result<void> pin(Calls& calls, const Pins& pins, Undo& undo);

private:
	struct Entry {
		Map map;
		bool pinned = false;
	};
	Result<void> migrate_bans(Calls& calls, const Pins& pins, std::vector<std::string>& notes);
	Result<void> settle_hash_key();
	Result<void> settle_leases(Calls& calls, std::vector<std::string>& notes);
	Result<void> settle_cookie_key();

	std::map<std::string, Entry> maps_;
	sluice_hash_key hash_key_{};
};

}  // namespace sluice::kernel
