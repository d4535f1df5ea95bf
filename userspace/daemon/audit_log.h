// AuditLog: the daemon's audit file (telemetry/audit.h): a line for every grant, renewal, refusal and revocation, written
// before whoever asked is answered, so that no end of the daemon loses it; on the disk within a second, by flush().
//
// A line that cannot be written is counted, and the next one says how many were lost before it. Refusals, which anybody on
// the network can bring about, are at most kMostRefusals a second; the others count as lost. When the file is moved away,
// the chain goes on in a new one. The event loop's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "telemetry/audit.h"

namespace sluice::daemon {

class AuditLog {
public:
	static constexpr std::uint64_t kMostRefusals = 50;
	enum class Kind { kChange, kRefusal };

	// `clock` outlives the log.
	AuditLog(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

	// Goes on where the file ends; where there is none, where PATH.1 ends. A file that does not end in a whole line of ours
	// is moved aside, as PATH.damaged.
	Result<void> open();
	// `fields` begin with "event"; they get "at" and "boot_ns".
	void record(Kind kind, nlohmann::ordered_json fields);
	// Once a second, and at the end.
	void flush();
	// Why lines are being lost; none while they are not.
	const std::optional<Error>& trouble() const { return trouble_; }

private:
	Result<telemetry::AuditEnd> find_end();
	Result<void> write(nlohmann::ordered_json fields);
	Result<void> append(const std::string& text);
	bool is_moved() const;
	bool admit(Kind kind);
	void note(Result<void> done);

	std::string path_;
	const Clock& clock_;
	Fd file_;
	telemetry::AuditEnd end_;
	std::uint64_t lost_ = 0;
	std::uint64_t refusals_ = 0;  // of the second that began then
	std::uint64_t second_mono_ns_ = 0;
	bool dirty_ = false;
	std::optional<Error> trouble_;
};

}  // namespace sluice::daemon
