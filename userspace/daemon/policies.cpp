#include "daemon/policies.h"

#include <algorithm>
#include <cstring>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "daemon/admission.h"
#include "policy/digest.h"

namespace sluice::daemon {
namespace {

namespace asio = boost::asio;
using control::Applied;
using control::ApplyReply;

constexpr std::uint64_t kPauseNs = 5'000'000'000;  // before a rollback that failed is tried again

void fill_text(char* to, std::size_t size, const std::string& text)
{
	std::memset(to, 0, size);
	text.copy(to, size - 1);
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
	auto running = setting_.datapath.running();
	if (!running)
		return untried({.cause = Cause::kStart, .path = setting_.path}, std::move(running.error()));
	running_ = std::move(*running);
	if (running_)
		installed_path_ = text_of(running_->meta.policy_path, sizeof(running_->meta.policy_path));
	const Settled settled = setting_.records.take_up(running_);
	read_failsafe();
	if (settled == Settled::kWaits)
		return resume();
	if (settled == Settled::kOverdue) {
		Outcome undone = run_now(undo_job(Cause::kTimeout));
		if (running_)
			return undone;
	}
	Outcome outcome = run_now({.cause = Cause::kStart, .path = setting_.path});
	const Entry* last = ledger().current();
	if (running_ || last == nullptr || !outcome.undone)
		return outcome;
	return run_now({.cause = Cause::kStart, .path = last->path, .observe = last->observe, .restores = last->number});
}

// The failsafe entries of what runs, where its copy is still there.
void Policies::read_failsafe()
{
	const Entry* last = ledger().current();
	if (!running_ || last == nullptr || last->digest != policy::digest_text(running_->meta))
		return;
	if (const auto copy = read_copy(setting_.records.copy_of(*last)))
		failsafe_ = policy::failsafe_in(*copy);
}

// What runs goes on waiting; what its files say now is looked at once it is confirmed.
Outcome Policies::resume()
{
	const Entry& entry = *ledger().current();
	path_ = entry.path;
	installed_path_ = entry.path;
	observe_ = entry.observe;
	files_ = {entry.path};
	reload();
	arm(0);
	return {Cause::kStart, entry.path, ApplyReply(describe_running(*running_, false)), files_, setting_.clock.unix_ns()};
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
		reply(Error(ErrorCode::kExists, "busy: another policy is being applied", "try again when it is done"));
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
	waiting_.push_back({.cause = Cause::kApply,
	                    .path = request.path,
	                    .observe = request.observe,
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

void Policies::rollback(Reply reply, std::optional<control::Caller> caller)
{
	if (is_busy()) {
		reply(Error(ErrorCode::kExists, "busy: another policy is being applied", "try again when it is done"));
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

// Requires a return point.
Policies::Job Policies::undo_job(Cause cause) const
{
	const Entry* back = ledger().return_point();
	if (back == nullptr)
		return {.cause = cause, .path = path_};
	return {.cause = cause, .path = back->path, .observe = back->observe, .restores = back->number};
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

Result<Prepare> Policies::describe(const Job& job)
{
	Prepare what;
	what.path = job.path;
	what.observe = job.observe;
	if (const Entry* entry = ledger().find(job.restores))
		what.copy = setting_.records.copy_of(*entry);
	SLUICE_TRY_ASSIGN(what.heritage, setting_.datapath.heritage());
	what.bucket_sets = setting_.bucket_sets;
	what.now_mono_ns = setting_.datapath.now_mono_ns();
	what.now_unix_ns = setting_.clock.unix_ns();
	return what;
}

// The policy, and its copy in the archive.
Policies::Ready Policies::make_ready(const Prepare& what, Archive& archive)
{
	Ready ready;
	ready.prepared = prepare(what);
	auto& copy = ready.prepared.copy;
	if (!copy || !ready.prepared.image)
		return ready;
	const auto text = policy::fingerprint(copy->text);
	ready.text = text ? *text : "";
	ready.kept = text ? archive.keep(*copy) : text.error();
	copy.reset();
	return ready;
}

// A reload waits as long as a confirmation is awaited.
std::deque<Policies::Job>::iterator Policies::next_job()
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
	if (job->cause == Cause::kReload) {
		job->path = path_;
		job->observe = observe_;
	}
	auto what = describe(*job);
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
	told_(outcome);
	if (job.reply)
		job.reply(outcome.reply);
	begin_next();
}

Outcome Policies::conclude(const Job& job, Ready& ready)
{
	Outcome outcome{job.cause, job.path, job.undoes() ? restore(job, ready) : install(job, ready), ready.prepared.files,
	                ready.prepared.began_unix_ns};
	outcome.undone = job.cause != Cause::kApply && job.restores == 0 && ledger().is_undone(job.path, ready.text);
	const bool failed = !failures(outcome.reply).empty();
	arm(failed ? kPauseNs : 0);
	if (failed) {
		refuse(job, outcome);
		return outcome;
	}
	path_ = job.path;
	installed_path_ = job.path;
	observe_ = job.observe;
	files_ = ready.prepared.files;
	provenance_ = std::move(ready.prepared.provenance);
	provenance_generation_ = running_->meta.generation;
	failsafe_ = std::move(ready.prepared.failsafe);
	refused_files_.clear();
	trouble_.clear();
	notes_ = sentences(ready.prepared.diagnostics);
	return outcome;
}

// A policy that somebody tried by hand and that was refused is told to them; one that should have been installed by
// itself is a lasting trouble: what the files say, or what was to come back, is not what runs.
void Policies::refuse(const Job& job, const Outcome& outcome)
{
	if (job.cause == Cause::kApply || job.cause == Cause::kRollback)
		return;
	trouble_ = failures(outcome.reply);
	if (job.undoes()) {
		trouble_.insert(trouble_.begin(), "the policy before could not come back, and is tried again");
		return;
	}
	refused_files_ = outcome.files;
	trouble_.insert(trouble_.begin(), job.path + " was refused; the policy before it goes on");
}

// ---- install ----

// From its copy; failing that, as the kernel still has it.
Result<ApplyReply> Policies::restore(const Job& job, Ready& ready)
{
	auto reply = install(job, ready);
	if (failures(reply).empty())
		return reply;
	const auto back = fall_back(job);
	if (!back)
		return reply;
	spdlog::warn("rollback: {}; the generation before judges again as it was loaded", failures(reply).front());
	Applied applied = describe_running(*running_, true);
	applied.restores = running_->meta.generation;
	applied.warnings = {"the stored copy could not be installed (" + failures(reply).front() +
	                    "): the generation before judges again as it was loaded; levels of limits whose rates differed may be off"};
	return ApplyReply(std::move(applied));
}

Result<void> Policies::fall_back(const Job& job)
{
	const Entry* entry = ledger().find(job.restores);
	SLUICE_TRY_ASSIGN(const auto previous, setting_.datapath.previous());
	if (entry == nullptr || !previous || policy::digest_text(previous->meta) != entry->digest)
		return Error(ErrorCode::kNotFound, "it is no longer loaded");
	setting_.records.begin_anyway(entry_of(job, {}, entry->digest), std::nullopt);
	auto reverted = setting_.datapath.revert();
	if (!reverted) {
		setting_.records.abandon();
		return reverted.error();
	}
	running_ = std::move(*reverted);
	setting_.records.complete(running_->meta.generation);
	return {};
}

Result<ApplyReply> Policies::install(const Job& job, Ready& ready)
{
	Prepared& prepared = ready.prepared;
	if (policy::has_errors(prepared.diagnostics))
		return ApplyReply(prepared.diagnostics);
	if (prepared.failure)
		return *prepared.failure;

	const bool changed = !runs_already(*prepared.image);
	if (changed) {
		SLUICE_TRY(check(job, ready));
		SLUICE_TRY(replace(job, ready));
	} else if (ledger().current() == nullptr || ledger().current()->digest != policy::digest_text(running_->meta)) {
		// What runs is new to the history: it was installed before there was one.
		setting_.records.begin_anyway(entry_of(job, ready, policy::digest_text(running_->meta)), std::nullopt);
		setting_.records.complete(running_->meta.generation);
	}
	Applied applied = describe_running(*running_, changed);
	applied.warnings = sentences(prepared.diagnostics);
	applied.waiting = setting_.records.waiting();
	meanings_.remember(std::move(prepared.meaning));
	if (const Entry* restored = ledger().find(job.restores))
		applied.restores = restored->generation;
	return ApplyReply(std::move(applied));
}

// Whether it may take the place of what runs.
Result<void> Policies::check(const Job& job, const Ready& ready)
{
	const bool by_itself = job.cause == Cause::kReload || job.cause == Cause::kStart;
	if (by_itself && job.restores == 0 && ledger().is_undone(job.path, ready.text))
		return Error(ErrorCode::kExists, job.path + " says what was rolled back",
		             "change it, or install it all the same: sluice apply " + job.path);
	if (job.force || job.restores != 0)
		return {};
	if (failsafe_)
		SLUICE_TRY(check_failsafe(*failsafe_, ready.prepared.failsafe.value_or(std::vector<policy::Failsafe>())));
	if (!job.session)
		return {};
	SLUICE_TRY_ASSIGN(const auto bans, setting_.datapath.bans());
	return check_session(*ready.prepared.image, *job.session, bans);
}

Result<void> Policies::replace(const Job& job, Ready& ready)
{
	policy::Image image = std::move(*ready.prepared.image);
	// A host is not left without a policy, nor with one that has to go, because its disk is full.
	const bool must_go_on = job.force || job.undoes() || !running_;
	SLUICE_TRY(setting_.records.begin(entry_of(job, ready, policy::digest_text(image.meta)), job.confirm_ns, ready.kept, must_go_on));
	image.meta.installed_unix_ns = setting_.clock.unix_ns();
	fill_text(image.meta.policy_path, sizeof(image.meta.policy_path), job.path);
	auto installed = setting_.datapath.install(std::move(image));
	if (!installed) {
		setting_.records.abandon();
		return std::move(installed.error()).within("install " + job.path);
	}
	running_ = std::move(*installed);
	setting_.records.complete(running_->meta.generation);
	return {};
}

// ---- what is written down ----

Entry Policies::entry_of(const Job& job, const Ready& ready, const std::string& digest) const
{
	Entry entry;
	if (const Entry* restored = ledger().find(job.restores)) {
		entry = *restored;
	} else {
		entry.path = job.path;
		entry.observe = job.observe;
		entry.text = ready.text;
		entry.inventory = ready.prepared.inventory;
		if (ready.kept) {
			entry.copy = ready.kept->name;
			entry.copy_bytes = ready.kept->bytes;
		}
	}
	entry.digest = digest;
	entry.cause = job.cause;
	entry.caller = job.caller;
	entry.restores = job.restores;
	return entry;
}

bool Policies::runs_already(const policy::Image& image) const
{
	return running_ && running_->meta.abi == image.meta.abi &&
	       std::memcmp(running_->meta.digest, image.meta.digest, sizeof(image.meta.digest)) == 0;
}

const policy::Provenance* Policies::provenance() const
{
	return running_ && running_->meta.generation == provenance_generation_ ? provenance_.get() : nullptr;
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
	else if (observe_)
		out.push_back("the policy was applied with --observe; a restart returns to what " + path_ + " says");
	if (std::ranges::any_of(waiting_, [](const Job& job) { return job.cause == Cause::kReload; }) && ledger().wait)
		out.push_back("files that changed are read once the policy is confirmed");
	for (const Undone& undone : ledger().undone)
		out.push_back(undone.path + " was rolled back; it stays out until its text changes or `sluice apply` installs it");
	if (!setting_.records.unwritten().empty())
		out.push_back(setting_.records.unwritten());
	out.insert(out.end(), notes_.begin(), notes_.end());
	return out;
}

}  // namespace sluice::daemon
