// Ledger: which policies were installed, by whom and why, what became of each, which one waits for a confirmation, and
// which one a rollback returns to. A value: rules and no I/O; archive.h keeps it on disk.
//
// An install is written down before it happens (begin) and after it (complete): whoever finds the ledger later knows,
// together with the digest of what runs, how far it came (settle).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/history_messages.h"

namespace sluice::daemon {

enum class Cause { kStart, kApply, kReload, kRollback, kTimeout, kObserve, kPromote };
enum class Fate { kInstalled, kAwaiting, kConfirmed, kRolledBack, kRolledBackByItself };

// "start", "apply", "reload", "rollback", "timeout", "observe", "promote"; "installed", "awaiting", "confirmed", "rolled-back", "rolled-back-by-itself".
const char* cause_name(Cause cause);
const char* fate_name(Fate fate);
std::optional<Cause> find_cause(std::string_view name);
std::optional<Fate> find_fate(std::string_view name);

// Whether a policy that comes for that reason ends the shadow that was beside the one before: all but the same one from
// its files.
bool ends_shadow(Cause cause);
// How many entries a list file had.
struct ListCount {
	std::string path;
	std::uint64_t entries = 0;

	bool operator==(const ListCount&) const = default;
};

struct Entry {
	std::uint64_t number = 0;      // from 1 on, never given twice
	std::uint32_t generation = 0;  // the kernel's; 0 until it is installed
	std::string digest;
	std::string path;
	std::string copy;              // its name in the archive; empty: none is kept
	std::uint64_t copy_bytes = 0;
	std::string text;              // fingerprint of the policy's own text
	Cause cause = Cause::kStart;
	std::optional<control::Caller> caller;  // none: nobody asked
	std::uint64_t unix_ns = 0;
	control::Inventory inventory;
	std::vector<ListCount> lists;
	Fate fate = Fate::kInstalled;
	std::uint64_t before = 0;      // the entry that a rollback from here returns to; 0: none
	std::uint64_t restores = 0;    // the entry whose policy this is again; 0: none
};

// Until when a confirmation may come. Deadlines are CLOCK_BOOTTIME of the boot named.
struct Wait {
	std::string boot;
	std::uint64_t deadline_boot_ns = 0;
};

// A policy's text that was undone: not to be installed again unless somebody applies it.
struct Undone {
	std::string path;
	std::string text;
};

// What the ledger is compared with.
struct Found {
	std::string digest;  // of what runs; empty: nothing does
	std::uint32_t generation = 0;
	std::string boot;
	std::uint64_t boot_ns = 0;
};

enum class Settled {
	kAgrees,   // nothing waits
	kWaits,    // a confirmation may still come
	kOverdue,  // it did not come in time, or the host has started anew: roll back
};

inline constexpr std::size_t kMostEntries = 100;
inline constexpr std::size_t kMostCopies = 8;
inline constexpr std::uint64_t kMostCopyBytes = 512ull << 20;

struct Ledger {
	std::uint64_t next = 1;
	std::vector<Entry> entries;  // oldest first, at most kMostEntries
	std::optional<Entry> begun;  // written down, not yet known to be installed
	std::optional<Wait> begun_wait;
	std::optional<Wait> wait;    // of the newest entry
	std::vector<Undone> undone;
	std::optional<Entry> shadow;  // the candidate that is judged beside what runs; no number and no generation yet

	// What runs; null before the first.
	const Entry* current() const { return entries.empty() ? nullptr : &entries.back(); }
	const Entry* find(std::uint64_t number) const;
	// Where a rollback from the current one returns to; null: nowhere.
	const Entry* return_point() const;
	bool is_undone(const std::string& path, const std::string& text) const;

	// `entry` is about to be installed; `wait_for`: it will have to be confirmed. Numbers it. Of entry, number and before are
	// the ledger's to set.
	void begin(Entry entry, std::optional<Wait> wait_for);
	// What was begun runs. Requires begun.
	void complete(std::uint32_t generation);
	// What was begun does not run.
	void abandon();
	// The current one stays. Requires wait.
	void confirm();
	// After a death: what was begun is completed or abandoned, and what runs decides what waits.
	Settled settle(const Found& found);
	// Forgets copies beyond what is kept; the current one's, the return point's and the candidate's are always kept.
	void trim();

private:
	void undo_down_to(std::uint64_t number, Fate fate);
};

}  // namespace sluice::daemon
