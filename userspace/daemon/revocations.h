// Revocations: the identities that somebody revoked here, by name, until they are allowed again: DIR/revoked.json, which
// outlives the host's restart as well as the daemon's. The event loop's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace sluice::daemon {

struct Revocation {
	std::uint64_t unix_ns = 0;
	std::string by;   // "root", "anna from 192.0.2.7:50022"
	std::string why;  // may be empty
};

class Revocations {
public:
	using Names = std::map<std::string, Revocation>;

	// `disk` outlives the object.
	Revocations(std::string directory, Disk& disk) : path_(directory + "/revoked.json"), disk_(disk) {}

	// Reads what is there. Error kInvalid for a file that is none of ours: it stays as revoked.json.damaged, and nobody is
	// revoked by name.
	Result<void> open();
	const Names& all() const { return names_; }
	bool contains(const std::string& name) const { return names_.contains(name); }

	// In force at once; on error they are so until the daemon ends, and flush() tries again to write them.
	Result<void> add(const std::string& name, Revocation revocation);
	// On error nothing has changed. Error kNotFound when it is not revoked.
	Result<void> remove(const std::string& name);
	// Writes what could not be written. Once a second, and at the end.
	void flush();
	// Why some would be lost with the daemon; none while all are written.
	const std::optional<Error>& trouble() const { return trouble_; }

private:
	Result<void> write(const Names& names);

	std::string path_;
	Disk& disk_;
	Names names_;
	std::optional<Error> trouble_;
};

}  // namespace sluice::daemon
