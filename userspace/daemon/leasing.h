// Leasing: an identity that was proved becomes a lease, and stops being one: the book and the revocations decide, and every
// change and every refusal is written into the audit log before whoever asked is answered.
//
// The event loop's thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "control/identity_messages.h"
#include "daemon/audit_log.h"
#include "daemon/journal.h"
#include "daemon/lease_book.h"
#include "daemon/revocations.h"
#include "daemon/seen_events.h"
#include "identity/security_event.h"
#include "policy/model.h"
#include "policy/revocation_list.h"

namespace sluice::daemon {

// Who was turned away before anybody knew who it is.
struct Stranger {
	std::string reason;  // a name, of identity/refusals.def or of whoever turned it away
	std::string detail;  // may be empty; holds no text of the peer's
	std::optional<net::Address> peer;  // none: a process of this host
	std::optional<identity::Thumbprint> thumbprint;  // of the certificate that was presented
	std::uint64_t unreported = 0;                    // others since the last, of whom nothing else is known
};

class Leasing {
public:
	// All of it outlives the object.
	struct Setting {
		datapath::Datapath& datapath;
		const Clock& clock;
		Journal& journal;
		Disk& disk;
		std::string directory;                       // state
		std::function<std::string()> policy_digest;  // of what runs
	};

	explicit Leasing(Setting setting);

	// Once: takes over what stands. Error only when the kernel cannot be read; what is wrong with files is a warning.
	Result<void> start();
	void follow(const policy::Identities& policy);

	// Refused as LeaseBook::grant says, and for who was revoked by name.
	identity::Checked<Grant> grant(const identity::Identity& identity, const datapath::Binding& binding);
	// A credential was refused on the way here.
	void turned_away(const Stranger& stranger);

	// Ends every lease of that identity, or proved by that certificate, with the next packet; it gets none until restore(). How
	// many ended. On error those that could be ended are; kInvalid where it is no name of anybody, or only the beginning of
	// one: nothing was done.
	Result<std::size_t> revoke(const control::RevokeRequest& request, const std::string& by);
	// Error kNotFound when nobody of that name is revoked, kExists when a file says so.
	Result<void> restore(const std::string& name, const std::string& by);
	// A transmitter said that somebody is revoked; as revoke(), but that the same event again changes nothing. Error: it has to
	// be told again.
	Result<void> take_event(const identity::SecurityEvent& event);
	// All that a revocation file says now, in place of what it said before: as revoke() and restore(). What nobody but the file
	// revoked is restored. Empty and no longer known: the file has no say.
	void follow_file(const std::string& file, const std::vector<policy::RevokedLine>& lines);
	// Those that have one.
	std::vector<std::string> revocation_files() const { return revocations_.files(); }

	// Called after leases of somebody's were ended; one listener. Empty: nobody is told.
	void when_revoked(std::function<void()> tell) { listener_ = std::move(tell); }

	control::IdentityList list(std::span<const sluice_name> roles) const;
	control::LeaseUse use() const;
	std::string holder_of(std::uint32_t slot) const { return book_.name_of(slot); }
	std::vector<std::string> warnings() const;
	// Who was revoked is not known, or would be forgotten, or audit lines are lost.
	bool degraded() const { return !warnings_.empty() || revocations_.trouble() || audit_.trouble(); }

	// Once a second, and at the end.
	void tick();

private:
	void write_down(AuditLog::Kind kind, nlohmann::ordered_json fields);
	Result<std::size_t> end(const std::string& subject);
	std::map<std::string, Result<std::size_t>> end_all(const std::vector<std::string>& subjects);
	void tell_revoked(const std::string& subject, const Revocation& said, const Result<std::size_t>& ended);
	Result<std::size_t> allow(const std::string& subject);
	void tell_restored(const std::string& subject, const std::string& by);
	identity::Checked<void> check_revoked(const identity::Identity& identity) const;
	void refuse(const identity::Identity& identity, const datapath::Binding& binding, const identity::Refused& refused);

	Setting setting_;
	LeaseBook book_;
	Revocations revocations_;
	AuditLog audit_;
	SeenEvents seen_;
	std::vector<std::string> warnings_;  // of the start
	std::function<void()> listener_;
};

}  // namespace sluice::daemon
