// Candidate: the policy that is shadowed: judged beside the running one on the same packets, counted, deciding nothing, until
// it is promoted or dropped.
//
// It is written down before it begins and after it ended, with a copy of its files: what is promoted is what was watched.
// A death in between leaves it to the kernel, which goes on, or to nobody; take_up() finds out. The event loop's thread only.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "control/shadow_messages.h"
#include "daemon/records.h"
#include "datapath/datapath.h"
#include "policy/image.h"

namespace sluice::daemon {

class Candidate {
public:
	// Both outlive the object.
	Candidate(datapath::Datapath& datapath, Records& records) : datapath_(datapath), records_(records) {}

	// Once, after the records were taken up: what kernel and ledger agree on goes on. Anything else is dropped, and lost() says so.
	void take_up();

	// None: nothing is shadowed.
	std::optional<control::Shadow> shadow() const;
	// Why the one before is no longer there, though nobody dropped it; empty: it is, or nobody missed it.
	const std::string& lost() const { return lost_; }

	// Begins. `kept`: what came of keeping its copy. On error nothing is shadowed.
	Result<void> begin(policy::Image image, Entry entry, const Result<Archive::Kept>& kept);
	// Ends. On error it goes on.
	Result<control::Shadow> drop();

private:
	datapath::Datapath& datapath_;
	Records& records_;
	std::string lost_;
};

}  // namespace sluice::daemon
