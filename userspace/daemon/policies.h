// Policies: which policy judges, and how the next one takes its place. Files are read and compiled on a thread of their
// own, one policy at a time; what comes of it is installed on the event loop.
//
// Every install is written down before it happens and after it (archive.h): so that it can be undone, and so that a policy
// which has to be confirmed is rolled back in time whatever dies meanwhile. While one waits for its confirmation, nothing
// else takes its place: applies are refused, reloads wait. A candidate is judged beside the running policy, across reloads,
// until it is promoted, or dropped, or another policy takes the running one's place.
//
// A policy that cannot be used leaves the running one untouched. The event loop's thread only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "control/messages.h"
#include "daemon/deadline.h"
#include "daemon/installer.h"
#include "daemon/job.h"
#include "daemon/outcome.h"
#include "daemon/progress.h"
#include "daemon/ready.h"
#include "daemon/records.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

class Policies {
public:
	using Told = std::function<void(const Outcome&)>;
	using Reply = Job::Reply;

	struct Setting {
		boost::asio::io_context& loop;
		datapath::Datapath& datapath;
		const Clock& clock;
		std::uint32_t bucket_sets = 0;
		std::string path;  // the one of the command line: what a restart returns to
		Records& records;
	};

	// `told` hears of every outcome after start(), before the one who asked.
	Policies(Setting setting, Told told);
	~Policies();

	// Once, before the loop runs, on the calling thread. What waits for a confirmation goes on waiting, or is rolled back
	// when its time is over or the host has started anew. Otherwise the policy of the command line, installed unless it is
	// the one that runs, or was undone. When it cannot be used and another one runs, that goes on and the daemon is
	// degraded; when none runs, the reply is an error or diagnostics.
	Outcome start();

	// Installs another policy, or shadows it. Error kExists when one is being applied already, or waits for its confirmation;
	// also when one is to be shadowed and another is.
	void apply(const control::ApplyRequest& request, Reply reply, std::optional<control::Caller> caller = {});
	// The current one again, from its files; after the confirmation, if one is awaited.
	void reload();
	// The policy that waits stays. Error kNotFound when none waits; when it cannot be written down it goes on waiting.
	Result<control::Confirmed> confirm();
	// What is shadowed is installed, as apply would. Error kNotFound when nothing is.
	void promote(const control::PromoteRequest& request, Reply reply, std::optional<control::Caller> caller = {});
	// What is shadowed is dropped. Where nothing is: back to the policy before. Error kNotFound when there is none.
	void rollback(Reply reply, std::optional<control::Caller> caller = {});

	// After start().
	const datapath::Running* running() const { return installer_.running() ? &*installer_.running() : nullptr; }
	// Which line lists what; null where the running policy's files have not been read: a generation was adopted.
	const policy::Provenance* provenance() const;
	// What the running policy says; null where this daemon has not read it: it was installed by an earlier one, and its files
	// say something else now.
	std::shared_ptr<const policy::Meaning> meaning() const { return installer_.meaning(); }
	// Whether the running policy says whose certificates or tokens count.
	bool has_identities() const;
	// Where the running policy came from.
	const std::string& installed_path() const { return installed_path_; }
	// Those whose change makes a reload worth while: of the running policy, and of the last that was refused.
	std::vector<std::string> files() const;
	// A policy was refused at start or on reload, and the one before goes on.
	bool degraded() const { return !trouble_.empty(); }
	std::vector<std::string> warnings() const;
	// The list files of the running policy.
	const std::vector<Feed>& feeds() const { return feeds_; }
	// The policy that is on its way, if there is one.
	std::optional<control::Applying> applying() const { return progress_ ? std::optional(progress_->now()) : std::nullopt; }
	std::optional<control::Shadow> shadow() const { return installer_.candidate().shadow(); }
	const Ledger& ledger() const { return setting_.records.ledger(); }
	std::optional<control::Waiting> waiting() const { return setting_.records.waiting(); }

private:
	Outcome resume();
	Outcome untried(const Job& job, Error error) const;
	Outcome run_now(Job job);
	Job undo_job(Cause cause) const;
	void time_out();
	void drop_candidate(const Reply& reply);

	Result<Prepare> describe(Job& job);
	bool is_busy() const;
	std::deque<Job>::iterator next_job();
	void begin_next();
	void finish(Job job, Ready ready);
	Outcome conclude(const Job& job, Ready& ready);
	void refuse(const Job& job, const Outcome& outcome);

	void arm(std::uint64_t pause_ns);

	Setting setting_;
	Told told_;
	Deadline deadline_;
	Installer installer_;
	std::string path_;  // what a reload reads
	std::string installed_path_;
	std::shared_ptr<const policy::Provenance> provenance_;
	std::uint32_t provenance_generation_ = 0;
	std::vector<std::string> files_;
	std::vector<std::string> refused_files_;
	std::vector<Feed> feeds_;
	std::vector<std::string> notes_;    // the running policy's own warnings
	std::vector<std::string> trouble_;  // why the last reload was refused
	std::deque<Job> waiting_;
	std::optional<Cause> busy_;         // with a job that is no longer among those
	std::shared_ptr<Progress> progress_;  // of that job
	std::unique_ptr<boost::asio::thread_pool> worker_;  // made with the first job: privileges are shed before
	std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::daemon
