// Revocation lists (RFC 5280, 5): read from files that others replace while the daemon runs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/moment.h"
#include "identity/ossl.h"

namespace sluice::identity {

// One list, parsed; its signature is checked wherever a path meets it. Copies share the list, which never changes.
class Crl {
public:
	// Requires a list; takes it.
	explicit Crl(CrlPtr list) : list_(list.release(), X509_CRL_free) {}

	X509_CRL* get() const { return list_.get(); }

private:
	std::shared_ptr<X509_CRL> list_;  // shared: stores of several generations hold the same large list
};

// Every list of a file: PEM blocks, or one list as DER. kInvalid when there is none, or anything that does not parse: a
// file that is still being written.
Result<std::vector<Crl>> parse_crls(std::string_view text);

using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// The lists of some files, read again on demand. A file that cannot be read, or not parsed, leaves the lists that stood
// there before: they run into their next update, after which certificates they cover are refused as crl-stale.
// One thread.
class CrlFiles {
public:
	explicit CrlFiles(std::vector<std::string> paths);

	struct Reload {
		bool changed = false;         // lists() differs from before
		std::vector<Error> problems;  // one for each file that was left as it was, its path first
	};
	Reload reload(const ReadFile& read);

	bool empty() const { return files_.empty(); }
	std::vector<Crl> lists() const;

private:
	struct File {
		std::string path;
		Digest digest{};
		std::vector<Crl> lists;
	};
	static Result<bool> reload(File& file, const ReadFile& read);

	std::vector<File> files_;
};

}  // namespace sluice::identity
