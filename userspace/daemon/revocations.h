// Revocations: who is revoked, by whose word, until that is taken back: DIR/revoked.json, which outlives the host's restart
// as well as the daemon's. Whoever is revoked by several is so until the last of them takes it back.
//
// A name is an identity's or a certificate's (identity/subject.h). The event loop's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/result.h"

namespace sluice::daemon {

struct Revocation {
	std::uint64_t unix_ns = 0;
	std::string by;   // "root", "anna from 192.0.2.7:50022"
	std::string why;  // may be empty

	bool operator==(const Revocation&) const = default;
};

// By whose word: a person's, who said it here; a transmitter's of events; or a file's.
struct Origin {
	std::string file;
	std::string issuer;  // both empty: a person

	auto operator<=>(const Origin&) const = default;
};

class Revocations {
public:
	using Words = std::map<Origin, Revocation>;  // never empty
	using Names = std::map<std::string, Words>;

	// `disk` outlives the object.
	Revocations(std::string directory, Disk& disk) : path_(directory + "/revoked.json"), disk_(disk) {}

	// Reads what is there. Error kInvalid for a file that is none of ours: it stays as revoked.json.damaged, and nobody is
	// revoked by name.
	Result<void> open();
	const Names& all() const { return names_; }
	bool contains(const std::string& name) const { return names_.contains(name); }

	// In force at once; on error they are so until the daemon ends, and flush() tries again to write them.
	Result<void> add(const std::string& name, Revocation revocation, const Origin& origin = {});
	// What persons and transmitters said is taken back. On error nothing has changed. Error kNotFound when it is not revoked, kExists when it
	// is in a file.
	Result<void> remove(const std::string& name);
	// All that a file says, in place of what it said before; who was in it before keeps the time. Who is revoked now and was
	// not, and the other way round. In force as add() is.
	struct Change {
		std::vector<std::string> revoked;
		std::vector<std::string> restored;
	};
	Change replace(const std::string& file, std::map<std::string, Revocation> said);
	// Those by whose word somebody is revoked.
	std::vector<std::string> files() const;
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
