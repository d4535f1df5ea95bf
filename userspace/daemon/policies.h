// Policies: which policy judges, and how the next one takes its place. Files are read and compiled on a thread of their
// own, one policy at a time; what comes of it is installed on the event loop.
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
#include "daemon/prepare.h"
#include "datapath/datapath.h"

namespace sluice::daemon {

// What came of trying a policy. `reply` is Diagnostics when the files are wrong.
struct Outcome {
	std::string path;
	Result<control::ApplyReply> reply;
	std::vector<std::string> files;
	std::uint64_t began_unix_ns = 0;
};

class Policies {
public:
	using Told = std::function<void(const Outcome&)>;
	using Reply = std::function<void(const Result<control::ApplyReply>&)>;

	struct Setting {
		boost::asio::io_context& loop;
		datapath::Datapath& datapath;
		const Clock& clock;
		std::uint32_t bucket_sets = 0;
		std::string path;  // the one of the command line: what a restart returns to
	};

	// `told` hears of every outcome after start(), before the one who asked.
	Policies(Setting setting, Told told);
	~Policies();

	// Once, before the loop runs, on the calling thread: the policy of the command line, installed unless it is the one
	// that runs. When it cannot be used and another one runs, that goes on and the daemon is degraded; when none runs, the
	// reply is an error or diagnostics.
	Outcome start();

	// Installs another policy. Error kExists when one is being applied already.
	void apply(const control::ApplyRequest& request, Reply reply);
	// The current one again, from its files.
	void reload();

	// After start().
	const datapath::Running* running() const { return running_ ? &*running_ : nullptr; }
	// Which line lists what; null where the running policy's files have not been read: a generation was adopted.
	const policy::Provenance* provenance() const;
	// What the running policy says; null where this daemon has not read it: it was installed by an earlier one, and its files
	// say something else now.
	std::shared_ptr<const policy::Meaning> meaning() const;
	// Where the running policy came from.
	const std::string& installed_path() const { return installed_path_; }
	// Those whose change makes a reload worth while: of the running policy, and of the last that was refused.
	std::vector<std::string> files() const;
	// A policy was refused at start or on reload, and the one before goes on.
	bool degraded() const { return !trouble_.empty(); }
	std::vector<std::string> warnings() const;

private:
	struct Job {
		std::string path;
		bool observe = false;
		bool reload = false;
		Reply reply;
	};

	Result<Prepare> describe(const Job& job);
	void begin_next();
	void finish(const Job& job, Prepared prepared);
	Outcome conclude(const Job& job, Prepared& prepared);
	Result<control::ApplyReply> install(const Job& job, Prepared& prepared);
	void remember(std::shared_ptr<const policy::Meaning> latest);
	bool runs_already(const policy::Image& image) const;
	void refuse(const Job& job, const Outcome& outcome);

	Setting setting_;
	Told told_;
	std::string path_;  // what a reload reads
	std::string installed_path_;
	bool observe_ = false;
	std::optional<datapath::Running> running_;
	std::shared_ptr<const policy::Provenance> provenance_;
	std::uint32_t provenance_generation_ = 0;
	std::vector<std::shared_ptr<const policy::Meaning>> meanings_;  // the latest first
	std::vector<std::string> files_;
	std::vector<std::string> refused_files_;
	std::vector<std::string> notes_;    // the running policy's own warnings
	std::vector<std::string> trouble_;  // why the last reload was refused
	std::deque<Job> waiting_;
	bool busy_ = false;
	std::unique_ptr<boost::asio::thread_pool> worker_;  // made with the first job: privileges are shed before
	std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::daemon
