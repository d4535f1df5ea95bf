// Installer: what runs, and how a policy that is ready takes its place, or its place beside it. Written down before and
// after (records.h); what cannot be installed leaves everything as it was. The event loop's thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/candidate.h"
#include "daemon/job.h"
#include "daemon/meanings.h"
#include "daemon/outcome.h"
#include "daemon/ready.h"
#include "daemon/records.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

class Installer {
public:
	// Both outlive the object.
	Installer(datapath::Datapath& datapath, Records& records) : datapath_(datapath), records_(records), candidate_(datapath, records) {}

	// Once: what runs, and what the daemon before wrote down of it. Error when what runs cannot be read.
	Result<Settled> take_up();

	// None before the first install.
	const std::optional<datapath::Running>& running() const { return running_; }
	Candidate& candidate() { return candidate_; }
	const Candidate& candidate() const { return candidate_; }
	// What the running policy says; null where this daemon has not read it.
	std::shared_ptr<const policy::Meaning> meaning() const { return running_ ? meanings_.of(running_->meta) : nullptr; }

	// Where the copy is that the job is made from; none: it is made from the files.
	std::optional<std::string> copy_for(const Job& job) const;
	// By the job's cause: in place of what runs, back to what ran before, or beside it.
	Result<control::ApplyReply> run(const Job& job, Ready& ready);

private:
	const Ledger& ledger() const { return records_.ledger(); }
	void read_failsafe();
	Result<control::ApplyReply> restore(const Job& job, Ready& ready);
	Result<control::ApplyReply> install(const Job& job, Ready& ready);
	Result<control::ApplyReply> observe(const Job& job, Ready& ready);
	Result<void> replace(const Job& job, Ready& ready);
	Result<void> check(const Job& job, const Ready& ready) const;
	Result<void> fall_back(const Job& job);
	Result<std::vector<std::string>> settle_shadow(const Job& job, const std::optional<control::Shadow>& before, bool changed);
	bool runs_already(const policy::Image& image) const;
	const Entry* stored(const Job& job) const;
	Entry entry_of(const Job& job, const Ready& ready, const std::string& digest) const;

	datapath::Datapath& datapath_;
	Records& records_;
	Candidate candidate_;
	std::optional<datapath::Running> running_;
	std::optional<std::vector<policy::Failsafe>> failsafe_;  // of what runs; none: not known
	Meanings meanings_;
};

}  // namespace sluice::daemon
