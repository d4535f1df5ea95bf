#include "daemon/policies.h"

#include <algorithm>
#include <iterator>
#include <cstring>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "policy/digest.h"

namespace sluice::daemon {
namespace {

namespace asio = boost::asio;
using control::Applied;
using control::ApplyReply;

constexpr std::uint64_t kPauseNs = 5'000'000'000;  // before a rollback that failed is tried again

Error busy()
{
	return {ErrorCode::kExists, "busy: another policy is being applied", "try again when it is done"};
}

std::string text_of(const char* text, std::size_t size)
{
	return std::string(text, ::strnlen(text, size));
}

}  // namespace

Policies::Policies(Setting setting, Told told)
    : setting_(std::move(setting)),
      told_(std::move(told)),
      deadline_(setting_.loop, setting_.clock, [this] { time_out(); }),
      installer_(setting_.datapath, setting_.records),
      path_(setting_.path)
{
}

Policies::~Policies()
{
	*alive_ = false;
	if (worker_)
		worker_->join();
}

// ---- start ----

Outcome Policies::start()
{
	auto taken_up = installer_.take_up();
	if (!taken_up)
		return untried({.cause = Cause::kStart, .path = setting_.path}, std::move(taken_up.error()));
	const Settled settled = *taken_up;
	if (running() != nullptr)
		installed_path_ = text_of(running()->meta.policy_path, sizeof(running()->meta.policy_path));
	if (settled == Settled::kWaits)
		return resume();
	if (settled == Settled::kOverdue) {
		Outcome undone = run_now(undo_job(Cause::kTimeout));
		if (running() != nullptr)
			return undone;
	}
	Outcome outcome = run_now({.cause = Cause::kStart, .path = setting_.path});
	const Entry* last = ledger().current();
	if (running() != nullptr || last == nullptr || !outcome.undone)
		return outcome;
	return run_now({.cause = Cause::kStart, .path = last->path, .restores = last->number});
}

// What runs goes on waiting; what its files say now is looked at once it is confirmed.
Outcome Policies::resume()
{
	const Entry& entry = *ledger().current();
	path_ = entry.path;
	installed_path_ = entry.path;
	files_ = {entry.path};
	reload();
	arm(0);
	return {Cause::kStart, entry.path, ApplyReply(describe_running(*running(), false)), files_, setting_.clock.unix_ns()};
}

Outcome Policies::untried(const Job& job, Error error) const
{
	return {job.cause, job.path, std::move(error).within("read the running policy"), {job.path}, setting_.clock.unix_ns()};
}

Outcome Policies::run_now(Job job)
{
	auto what = describe(job);
	if (!what)
		return untried(job, std::move(what.error()));
	Ready ready = make_ready(*what, setting_.records.archive());
	return conclude(job, ready);
}

// ---- what is asked for ----

void Policies::apply(const control::ApplyRequest& request, Reply reply, std::optional<control::Caller> caller)
{
	if (is_busy()) {
		reply(busy());
		return;
	}
	if (const auto waits = setting_.records.waiting()) {
		reply(Error(ErrorCode::kExists, "generation " + std::to_string(waits->generation) + " waits for its confirmation",
		            "`sluice confirm` keeps it, `sluice rollback` returns to the policy before"));
		return;
	}
	if (request.confirm_ns && ledger().current() == nullptr) {
		reply(Error(ErrorCode::kNotFound, "there is no policy to return to", "apply it without --confirm"));
		return;
	}
	if (const auto shadow = installer_.candidate().shadow(); shadow && request.observe) {
		reply(Error(ErrorCode::kExists, shadow->path + " is shadowed already", "`sluice promote` installs it, `sluice rollback` drops it"));
		return;
	}
	waiting_.push_back({.cause = request.observe ? Cause::kObserve : Cause::kApply,
	                    .path = request.path,
	                    .force = request.force,
	                    .confirm_ns = request.confirm_ns,
	                    .session = request.session,
	                    .caller = std::move(caller),
	                    .reply = std::move(reply)});
	begin_next();
}

// With more than a reload.
bool Policies::is_busy() const
{
	return (busy_ && *busy_ != Cause::kReload) || std::ranges::any_of(waiting_, [](const Job& job) { return job.cause != Cause::kReload; });
}

void Policies::reload()
{
	// One that has not begun will see what this one would.
	if (std::ranges::any_of(waiting_, [](const Job& job) { return job.cause == Cause::kReload; }))
		return;
	waiting_.push_back({});
	begin_next();
}

Result<control::Confirmed> Policies::confirm()
{
	if (!ledger().wait)
		return Error(ErrorCode::kNotFound, "no policy waits for a confirmation", "see `sluice history`");
	if (is_busy())
		return Error(ErrorCode::kExists, "too late: the policy is being rolled back", "see `sluice history`");
	auto written = setting_.records.confirm();
	if (!written)
		return std::move(written.error()).within("the confirmation could not be written down, and the policy goes on waiting");
	deadline_.clear();
	const Entry& entry = *ledger().current();
	spdlog::info("policy {}: generation {} is confirmed", entry.path, entry.generation);
	begin_next();
	return control::Confirmed{entry.generation, entry.digest};
}

void Policies::promote(const control::PromoteRequest& request, Reply reply, std::optional<control::Caller> caller)
{
	if (is_busy()) {
		reply(busy());
		return;
	}
	const auto shadow = installer_.candidate().shadow();
	if (!shadow) {
		reply(Error(ErrorCode::kNotFound, "no candidate is shadowed", "sluice apply --observe FILE"));
		return;
	}
	waiting_.push_back({.cause = Cause::kPromote,
	                    .path = shadow->path,
	                    .force = request.force,
	                    .confirm_ns = request.confirm_ns,
	                    .session = request.session,
	                    .caller = std::move(caller),
	                    .reply = std::move(reply)});
	begin_next();
}

void Policies::rollback(Reply reply, std::optional<control::Caller> caller)
{
	if (is_busy()) {
		reply(busy());
		return;
	}
	if (installer_.candidate().shadow()) {
		drop_candidate(reply);
		return;
	}
	if (ledger().return_point() == nullptr) {
		reply(Error(ErrorCode::kNotFound, "there is no policy before this one", "see `sluice history`"));
		return;
	}
	Job job = undo_job(Cause::kRollback);
	job.caller = std::move(caller);
	job.reply = std::move(reply);
	waiting_.push_back(std::move(job));
	begin_next();
}

void Policies::drop_candidate(const Reply& reply)
{
	const auto dropped = installer_.candidate().drop();
	Outcome outcome{Cause::kRollback, installed_path_, Result<ApplyReply>(Error(ErrorCode::kFailed, "")), files(), setting_.clock.unix_ns()};
	if (dropped) {
		Applied applied = describe_running(*running(), false);
		applied.dropped = *dropped;
		outcome.reply = ApplyReply(std::move(applied));
		told_(outcome);
	} else {
		outcome.reply = dropped.error();
	}
	reply(outcome.reply);
}

// Requires a return point.
Job Policies::undo_job(Cause cause) const
{
	const Entry* back = ledger().return_point();
	if (back == nullptr)
		return {.cause = cause, .path = path_};
	return {.cause = cause, .path = back->path, .restores = back->number};
}

void Policies::time_out()
{
	if (!ledger().wait || is_busy())
		return;
	spdlog::warn("generation {} was not confirmed in time: it is rolled back", ledger().current()->generation);
	waiting_.push_back(undo_job(Cause::kTimeout));
	begin_next();
}

// `pause_ns`: not before that.
void Policies::arm(std::uint64_t pause_ns)
{
	if (ledger().wait)
		deadline_.set(std::max(ledger().wait->deadline_boot_ns, setting_.clock.boot_ns() + pause_ns));
	else
		deadline_.clear();
}

// ---- one after the other ----

Result<Prepare> Policies::describe(Job& job)
{
	job.progress = std::make_shared<Progress>(setting_.clock, job.path);
	Prepare what;
	what.progress = job.progress;
	what.path = job.path;
	what.copy = installer_.copy_for(job);
	what.force = job.force;
	if (const Entry* standing = ledger().current(); standing != nullptr && !what.copy) {
		what.standing = standing->lists;
		what.standing_copy = setting_.records.copy_of(*standing);
	}
	SLUICE_TRY_ASSIGN(what.heritage, setting_.datapath.heritage());
	what.bucket_sets = setting_.bucket_sets;
	what.now_mono_ns = setting_.datapath.now_mono_ns();
	what.now_unix_ns = setting_.clock.unix_ns();
	return what;
}

// A reload waits as long as a confirmation is awaited.
std::deque<Job>::iterator Policies::next_job()
{
	return std::ranges::find_if(waiting_, [this](const Job& job) { return !ledger().wait || job.cause != Cause::kReload; });
}

void Policies::begin_next()
{
	const auto next = next_job();
	if (busy_ || next == waiting_.end())
		return;
	auto job = std::make_shared<Job>(std::move(*next));
	waiting_.erase(next);
	busy_ = job->cause;
	if (job->cause == Cause::kReload)
		job->path = path_;
	auto what = describe(*job);
	progress_ = job->progress;
	if (!what) {
		auto nothing = std::make_shared<Ready>();
		nothing->prepared.files = {job->path};
		nothing->prepared.failure = std::move(what.error()).within("read the running policy");
		asio::post(setting_.loop, [this, alive = alive_, job, nothing] {
			if (*alive)
				finish(std::move(*job), std::move(*nothing));
		});
		return;
	}
	if (!worker_)
		worker_ = std::make_unique<asio::thread_pool>(1);
	asio::post(*worker_, [this, alive = alive_, job, &archive = setting_.records.archive(), &loop = setting_.loop, what = std::move(*what),
	                      work = asio::make_work_guard(setting_.loop)] {
		auto ready = std::make_shared<Ready>(make_ready(what, archive));
		asio::post(loop, [this, alive, job, ready] {
			if (*alive)
				finish(std::move(*job), std::move(*ready));
		});
	});
}

void Policies::finish(Job job, Ready ready)
{
	const Outcome outcome = conclude(job, ready);
	busy_.reset();
	progress_.reset();
	told_(outcome);
	if (job.reply)
		job.reply(outcome.reply);
	begin_next();
}

Outcome Policies::conclude(const Job& job, Ready& ready)
{
	Outcome outcome{job.cause, job.path, installer_.run(job, ready), ready.prepared.files, ready.prepared.began_unix_ns};
	if (job.cause == Cause::kObserve)
		return outcome;
	outcome.undone = job.by_itself() && job.restores == 0 && ledger().is_undone(job.path, ready.text);
	const bool failed = !failures(outcome.reply).empty();
	arm(failed ? kPauseNs : 0);
	if (failed) {
		refuse(job, outcome);
		return outcome;
	}
	path_ = job.path;
	installed_path_ = job.path;
	files_ = ready.prepared.files;
	feeds_ = std::move(ready.prepared.feeds);
	provenance_ = std::move(ready.prepared.provenance);
	provenance_generation_ = running()->meta.generation;
	refused_files_.clear();
	trouble_.clear();
	notes_ = sentences(ready.prepared.diagnostics);
	return outcome;
}

// A policy that somebody tried by hand and that was refused is told to them; one that should have been installed by
// itself is a lasting trouble: what the files say, or what was to come back, is not what runs.
void Policies::refuse(const Job& job, const Outcome& outcome)
{
	if (!job.by_itself() && job.cause != Cause::kTimeout)
		return;
	trouble_ = failures(outcome.reply);
	if (job.undoes()) {
		trouble_.insert(trouble_.begin(), "the policy before could not come back, and is tried again");
		return;
	}
	refused_files_ = outcome.files;
	trouble_.insert(trouble_.begin(), job.path + " was refused; the policy before it goes on");
}

const policy::Provenance* Policies::provenance() const
{
	return running() != nullptr && running()->meta.generation == provenance_generation_ ? provenance_.get() : nullptr;
}

bool Policies::has_identities() const
{
	const auto known = meaning();
	return known != nullptr && !known->policy.identities.place.file.empty();
}

std::vector<std::string> Policies::files() const
{
	std::vector<std::string> out = files_;
	out.insert(out.end(), refused_files_.begin(), refused_files_.end());
	if (out.empty())
		out.push_back(path_);
	return out;
}

std::vector<std::string> Policies::warnings() const
{
	std::vector<std::string> out = trouble_;
	if (path_ != setting_.path)
		out.push_back("the policy was applied from " + path_ + "; a restart returns to " + setting_.path);
	if (std::ranges::any_of(waiting_, [](const Job& job) { return job.cause == Cause::kReload; }) && ledger().wait)
		out.push_back("files that changed are read once the policy is confirmed");
	for (const Undone& undone : ledger().undone)
		out.push_back(undone.path + " was rolled back; it stays out until its text changes or `sluice apply` installs it");
	if (!installer_.candidate().lost().empty())
		out.push_back(installer_.candidate().lost());
	if (!setting_.records.unwritten().empty())
		out.push_back(setting_.records.unwritten());
	std::ranges::copy(warnings_of(feeds_, setting_.clock.unix_ns()), std::back_inserter(out));
	out.insert(out.end(), notes_.begin(), notes_.end());
	return out;
}

}  // namespace sluice::daemon
