// RevocationFiles: reads the revocation files that the running policy names, again whenever one changes, apart from the
// policy: neither its size nor a confirmation that it waits for keeps a revocation waiting.
//
// A file that cannot be read, or has a line that is wrong, is not followed: whom it revoked before stays revoked, and
// warnings() says so. The event loop's thread only.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "daemon/leasing.h"
#include "daemon/watcher.h"

namespace sluice::daemon {

class RevocationFiles {
public:
	static constexpr auto kQuiet = std::chrono::milliseconds(20);

	// All of it outlives the object.
	RevocationFiles(boost::asio::io_context& loop, const Clock& clock, Leasing& leasing) : loop_(loop), clock_(clock), leasing_(leasing) {}

	// These from now on. Once all of them could be followed, those before have no say any more.
	void follow(std::vector<std::string> files);
	// Whether a file is not followed as it is, or would not be when it changes.
	bool degraded() const { return !problems_.empty() || !unwatched_.empty(); }
	std::vector<std::string> warnings() const;

private:
	void look();
	void read();
	void watch(std::uint64_t since_unix_ns);

	boost::asio::io_context& loop_;
	const Clock& clock_;
	Leasing& leasing_;
	std::optional<Watcher> watcher_;
	std::vector<std::string> files_;
	std::map<std::string, std::vector<std::string>> problems_;  // of the files that are not followed
	std::vector<std::string> unwatched_;
};

}  // namespace sluice::daemon
