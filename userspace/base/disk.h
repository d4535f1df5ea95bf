// Disk: the one gate through which the daemon writes files that must outlive it.
//
// A file is replaced whole: written aside, synced, renamed, its directory synced. The gate counts the system calls that
// it makes, and can be told to fail one of them without making it, so that a test can fail the n-th for every n.
// One caller at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

class Disk {
public:
	// The n-th call from now on fails with `error`; 1 is the next one, 0 takes it back.
	void fail_at(std::uint64_t n, int error)
	{
		fail_in_ = n;
		error_ = error;
	}
	std::uint64_t made() const { return made_; }

	// `path` holds `bytes`, also after a power cut; its owner's alone (0600). On error it holds what it held before,
	// unless only the last step failed, syncing the directory: then a power cut decides which of both.
	Result<void> replace(const std::string& path, std::string_view bytes);
	// What is not there is no error.
	Result<void> remove(const std::string& path);
	// Its owner's alone (0700); one that is there stays as it is. Its parent has to be there.
	Result<void> make_directory(const std::string& path);

private:
	bool admit();
	Result<void> write_synced(const std::string& path, std::string_view bytes);
	Result<void> sync_directory_of(const std::string& path);

	std::uint64_t made_ = 0;
	std::uint64_t fail_in_ = 0;
	int error_ = 0;
};

// Moves a file that cannot be read out of the way and keeps it: as PATH.damaged, or with a number behind that where there is one
// already. Returns its new path.
Result<std::string> set_aside(const std::string& path);

}  // namespace sluice
