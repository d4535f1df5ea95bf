#include "daemon/ledger.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace sluice::daemon {
namespace {

constexpr std::size_t kMostUndone = 64;

constexpr std::array<std::pair<Cause, const char*>, 7> kCauses{{{Cause::kStart, "start"},
                                                                {Cause::kApply, "apply"},
                                                                {Cause::kReload, "reload"},
                                                                {Cause::kRollback, "rollback"},
                                                                {Cause::kTimeout, "timeout"},
                                                                {Cause::kObserve, "observe"},
                                                                {Cause::kPromote, "promote"}}};
constexpr std::array<std::pair<Fate, const char*>, 5> kFates{{{Fate::kInstalled, "installed"},
                                                              {Fate::kAwaiting, "awaiting"},
                                                              {Fate::kConfirmed, "confirmed"},
                                                              {Fate::kRolledBack, "rolled-back"},
                                                              {Fate::kRolledBackByItself, "rolled-back-by-itself"}}};

template <typename Value, std::size_t N>
const char* name_in(const std::array<std::pair<Value, const char*>, N>& names, Value value)
{
	for (const auto& [each, name] : names) {
		if (each == value)
			return name;
	}
	return "unknown";
}

template <typename Value, std::size_t N>
std::optional<Value> value_in(const std::array<std::pair<Value, const char*>, N>& names, std::string_view name)
{
	for (const auto& [each, text] : names) {
		if (name == text)
			return each;
	}
	return std::nullopt;
}

bool undoes(Cause cause)
{
	return cause == Cause::kRollback || cause == Cause::kTimeout;
}

}  // namespace

const char* cause_name(Cause cause) { return name_in(kCauses, cause); }
const char* fate_name(Fate fate) { return name_in(kFates, fate); }
std::optional<Cause> find_cause(std::string_view name) { return value_in(kCauses, name); }
std::optional<Fate> find_fate(std::string_view name) { return value_in(kFates, name); }

bool ends_shadow(Cause cause)
{
	return cause != Cause::kReload && cause != Cause::kStart;
}

const Entry* Ledger::find(std::uint64_t number) const
{
	const auto found = std::ranges::find(entries, number, &Entry::number);
	return found == entries.end() ? nullptr : &*found;
}

const Entry* Ledger::return_point() const
{
	return current() == nullptr ? nullptr : find(current()->before);
}

bool Ledger::is_undone(const std::string& path, const std::string& text) const
{
	return std::ranges::any_of(undone, [&](const Undone& each) { return each.path == path && each.text == text; });
}

void Ledger::begin(Entry entry, std::optional<Wait> wait_for)
{
	entry.number = next++;
	entry.before = current() != nullptr ? current()->number : 0;
	if (const Entry* again = find(entry.restores))
		entry.before = again->before;
	entry.fate = wait_for ? Fate::kAwaiting : Fate::kInstalled;
	begun = std::move(entry);
	begun_wait = std::move(wait_for);
}

// What was installed after `number` is undone.
void Ledger::undo_down_to(std::uint64_t number, Fate fate)
{
	for (Entry& entry : entries) {
		const bool is_undone_already = entry.fate == Fate::kRolledBack || entry.fate == Fate::kRolledBackByItself;
		if (entry.number <= number || is_undone_already)
			continue;
		entry.fate = fate;
		if (!is_undone(entry.path, entry.text))
			undone.push_back({entry.path, entry.text});
	}
	if (undone.size() > kMostUndone)
		undone.erase(undone.begin(), undone.end() - kMostUndone);
}

void Ledger::complete(std::uint32_t generation)
{
	Entry entry = std::move(*begun);
	entry.generation = generation;
	if (undoes(entry.cause))
		undo_down_to(entry.restores, entry.cause == Cause::kTimeout ? Fate::kRolledBackByItself : Fate::kRolledBack);
	else if (entry.restores == 0)
		undone.clear();
	wait = std::move(begun_wait);
	if (ends_shadow(entry.cause))
		shadow.reset();
	abandon();
	entries.push_back(std::move(entry));
	if (entries.size() > kMostEntries)
		entries.erase(entries.begin());
}

void Ledger::abandon()
{
	begun.reset();
	begun_wait.reset();
}

void Ledger::confirm()
{
	wait.reset();
	entries.back().fate = Fate::kConfirmed;
}

Settled Ledger::settle(const Found& found)
{
	if (begun && !found.digest.empty() && begun->digest == found.digest)
		complete(found.generation);
	// Whether it ever ran nobody can tell after a new start of the host; that it was never confirmed is certain.
	if (begun && begun_wait && found.digest.empty() && !is_undone(begun->path, begun->text))
		undone.push_back({begun->path, begun->text});
	abandon();
	if (!wait)
		return Settled::kAgrees;
	if (found.digest.empty() || wait->boot != found.boot)
		return Settled::kOverdue;
	if (found.digest == current()->digest)
		return found.boot_ns >= wait->deadline_boot_ns ? Settled::kOverdue : Settled::kWaits;

	// Somebody else runs: the return point, if a rollback could not be written down.
	const Entry* back = return_point();
	wait.reset();
	if (back != nullptr && back->digest == found.digest) {
		Entry entry = *back;
		entry.cause = Cause::kTimeout;
		entry.caller.reset();
		entry.restores = back->number;
		begin(std::move(entry), std::nullopt);
		complete(found.generation);
	}
	return Settled::kAgrees;
}

void Ledger::trim()
{
	std::set<std::string> kept;
	std::uint64_t bytes = 0;
	const auto keep = [&](const Entry* entry, bool always) {
		if (entry == nullptr || entry->copy.empty() || kept.contains(entry->copy))
			return;
		if (!always && (kept.size() >= kMostCopies || bytes + entry->copy_bytes > kMostCopyBytes))
			return;
		kept.insert(entry->copy);
		bytes += entry->copy_bytes;
	};
	keep(current(), true);
	keep(return_point(), true);
	keep(shadow ? &*shadow : nullptr, true);
	for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
		keep(&*entry, false);
	for (Entry& entry : entries) {
		if (!kept.contains(entry.copy))
			entry.copy.clear();
	}
}

}  // namespace sluice::daemon
