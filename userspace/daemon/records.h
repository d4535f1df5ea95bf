// Records: what is written down of each install, before and after it, so that it can be undone whoever dies when.
//
// What cannot be written down is not installed, because it could not be undone; unless it has to be installed all the
// same: then it is remembered for as long as the daemon lives, and unwritten() says so. The event loop's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "control/history_messages.h"
#include "daemon/archive.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

class Records {
public:
	// `boot` names this start of the host. All of it outlives the object.
	Records(Archive& archive, const Clock& clock, std::string boot) : archive_(archive), clock_(clock), boot_(std::move(boot)) {}

	// Once: reads what the daemon before wrote down, and compares it with what runs.
	Settled take_up(const std::optional<datapath::Running>& running);

	const Ledger& ledger() const { return archive_.ledger(); }
	Archive& archive() { return archive_; }
	// Where the copy of an entry is.
	std::string copy_of(const Entry& entry) const { return archive_.path_of(entry.copy); }
	// Of the ledger's wait; none: nothing waits.
	std::optional<control::Waiting> waiting() const;
	// Why the history is not on disk; empty: it is.
	const std::string& unwritten() const { return unwritten_; }

	// `entry` is about to be installed, and in `confirm_ns` from now it is to be confirmed. `kept`: what came of keeping its
	// copy. With `anyway` never an error.
	Result<void> begin(Entry entry, std::optional<std::uint64_t> confirm_ns, const Result<Archive::Kept>& kept, bool anyway);
	// The same; it happens whether or not it can be written down.
	void begin_anyway(Entry entry, std::optional<std::uint64_t> confirm_ns);
	// What was begun runs, or does not.
	void complete(std::uint32_t generation);
	void abandon();
	// `entry` is about to be shadowed. On error it is not to be.
	Result<void> begin_shadow(Entry entry, const Result<Archive::Kept>& kept);
	// Nothing is shadowed.
	void end_shadow();
	// What waits stays. Requires a wait. On error it goes on waiting.
	Result<void> confirm();
	// `written` could not be, or could.
	void note(const Result<void>& written);

private:
	Ledger begun(Entry entry, std::optional<std::uint64_t> confirm_ns) const;

	Archive& archive_;
	const Clock& clock_;
	std::string boot_;
	std::string unwritten_;
};

}  // namespace sluice::daemon
