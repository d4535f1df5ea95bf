// Archive: the ledger and the copies of the last policies, in the state directory, root's alone.
//
//   DIR/ledger.json       what daemon/ledger.h says
//   DIR/policies/NAME     a copy (policy/copy.h), under the fingerprint of what it holds
//
// A ledger is read once, at open(); what is written is always the whole of the next one, and only once it is on disk
// does it count. The event loop's thread, but keep(), which is the worker's: never both at once for one policy.
#pragma once

#include <mutex>
#include <string>

#include "base/disk.h"
#include "base/result.h"
#include "daemon/ledger.h"
#include "policy/copy.h"

namespace sluice::daemon {

class Archive {
public:
	// `disk` outlives the archive.
	Archive(std::string directory, Disk& disk) : directory_(std::move(directory)), disk_(disk) {}

	// Makes the directories and reads what is there. Error: nothing can be written down, and there is no history; a ledger
	// that cannot be read stays beside as ledger.json.damaged.
	Result<void> open();

	const Ledger& ledger() const { return ledger_; }
	// `next` in place of the ledger. On error the one before stays, and counts.
	Result<void> commit(Ledger next);
	// `next` counts whether or not it could be written: for what has happened already.
	Result<void> record(Ledger next);

	struct Kept {
		std::string name;
		std::uint64_t bytes = 0;
	};
	// Any thread. One that is there already is not written again.
	Result<Kept> keep(const policy::Copy& copy);
	std::string path_of(const std::string& copy) const { return directory_ + "/policies/" + copy; }
	// Removes the copies that the ledger does not name. What stays is tried again next time.
	void sweep();

private:
	std::string ledger_path() const { return directory_ + "/ledger.json"; }
	Result<void> make_directories();

	std::string directory_;
	Disk& disk_;
	std::mutex turn_;  // of the disk
	Ledger ledger_;
};

// A stored copy. Error kNotFound, kInvalid when it is gone or damaged.
Result<policy::Copy> read_copy(const std::string& path);

}  // namespace sluice::daemon
