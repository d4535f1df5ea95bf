#include "daemon/policies.h"

#include <algorithm>
#include <cstring>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "policy/digest.h"

namespace sluice::daemon {
namespace {

namespace asio = boost::asio;
using control::Applied;
using control::ApplyReply;

constexpr std::size_t kMostWarnings = 20;
constexpr std::size_t kMostMeanings = 2;

void fill_text(char* to, std::size_t size, const std::string& text)
{
	const std::size_t length = std::min(size - 1, text.size());
	std::memset(to, 0, size);
	std::memcpy(to, text.data(), length);
}

std::string text_of(const char* text, std::size_t size)
{
	return std::string(text, ::strnlen(text, size));
}

std::vector<std::string> sentences(const policy::Diagnostics& diagnostics)
{
	std::vector<std::string> out;
	for (const auto& diagnostic : diagnostics) {
		if (out.size() == kMostWarnings) {
			out.push_back("and " + std::to_string(diagnostics.size() - kMostWarnings) + " more; see `sluice check`");
			break;
		}
		out.push_back(diagnostic.to_string());
	}
	return out;
}

// Why a policy was not used, a sentence each; empty when it was.
std::vector<std::string> failures(const Result<ApplyReply>& reply)
{
	if (!reply)
		return {reply.error().sentence()};
	const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply);
	return diagnostics != nullptr ? sentences(*diagnostics) : std::vector<std::string>();
}

// Names of the policy that runs; the fixed slots are nobody's.
std::uint64_t in_use(const std::vector<sluice_name>& names, std::uint32_t first, sluice_rule_kind kind)
{
	std::uint64_t count = 0;
	for (std::size_t i = first; i < names.size(); i++)
		count += names[i].text[0] != '\0' && names[i].retired == 0 && names[i].kind == kind ? 1 : 0;
	return count;
}

Applied describe_running(const datapath::Running& running, bool changed)
{
	Applied applied;
	applied.generation = running.meta.generation;
	applied.digest = policy::digest_text(running.meta);
	applied.changed = changed;
	applied.services = in_use(running.services, SLUICE_SERVICE_FIRST, SLUICE_RULE_NONE);
	applied.limits = in_use(running.rules, SLUICE_RULE_FIRST, SLUICE_RULE_LIMIT);
	applied.prefixes = running.meta.prefixes;
	return applied;
}

}  // namespace

Policies::Policies(Setting setting, Told told) : setting_(std::move(setting)), told_(std::move(told)), path_(setting_.path) {}

Policies::~Policies()
{
	*alive_ = false;
	if (worker_)
		worker_->join();
}

Result<Prepare> Policies::describe(const Job& job)
{
	Prepare what;
	what.path = job.path;
	what.observe = job.observe;
	SLUICE_TRY_ASSIGN(what.heritage, setting_.datapath.heritage());
	what.bucket_sets = setting_.bucket_sets;
	what.now_mono_ns = setting_.datapath.now_mono_ns();
	what.now_unix_ns = setting_.clock.unix_ns();
	return what;
}

Outcome Policies::start()
{
	const Job job{setting_.path, false, true, {}};
	Outcome outcome{job.path, Error(ErrorCode::kFailed, "nothing was tried"), {job.path}, setting_.clock.unix_ns()};
	auto running = setting_.datapath.running();
	if (!running) {
		outcome.reply = std::move(running.error()).within("read the running policy");
		return outcome;
	}
	running_ = std::move(*running);
	if (running_)
		installed_path_ = text_of(running_->meta.policy_path, sizeof(running_->meta.policy_path));
	auto what = describe(job);
	if (!what) {
		outcome.reply = std::move(what.error()).within("read the running policy");
		return outcome;
	}
	auto prepared = prepare(*what);
	return conclude(job, prepared);
}

void Policies::apply(const control::ApplyRequest& request, Reply reply)
{
	const bool applying = std::ranges::any_of(waiting_, [](const Job& job) { return !job.reload; });
	if (applying) {
		reply(Error(ErrorCode::kExists, "busy: another policy is being applied", "try again when it is done"));
		return;
	}
	waiting_.push_back({request.path, request.observe, false, std::move(reply)});
	begin_next();
}

void Policies::reload()
{
	// One that has not begun will see what this one would.
	const std::size_t first = busy_ ? 1 : 0;
	for (std::size_t i = first; i < waiting_.size(); i++) {
		if (waiting_[i].reload)
			return;
	}
	waiting_.push_back({{}, false, true, {}});
	begin_next();
}

void Policies::begin_next()
{
	if (busy_ || waiting_.empty())
		return;
	busy_ = true;
	Job& job = waiting_.front();
	if (job.reload) {
		job.path = path_;
		job.observe = observe_;
	}
	auto what = describe(job);
	if (!what) {
		Prepared nothing;
		nothing.files = {job.path};
		nothing.failure = std::move(what.error()).within("read the running policy");
		asio::post(setting_.loop, [this, alive = alive_, nothing = std::move(nothing)]() mutable {
			if (*alive)
				finish(waiting_.front(), std::move(nothing));
		});
		return;
	}
	if (!worker_)
		worker_ = std::make_unique<asio::thread_pool>(1);
	asio::post(*worker_, [this, alive = alive_, &loop = setting_.loop, what = std::move(*what), work = asio::make_work_guard(setting_.loop)] {
		auto prepared = std::make_shared<Prepared>(prepare(what));
		asio::post(loop, [this, alive, prepared] {
			if (*alive)
				finish(waiting_.front(), std::move(*prepared));
		});
	});
}

void Policies::finish(const Job& job, Prepared prepared)
{
	const Outcome outcome = conclude(job, prepared);
	const Reply reply = job.reply;
	waiting_.pop_front();
	busy_ = false;
	told_(outcome);
	if (reply)
		reply(outcome.reply);
	begin_next();
}

Outcome Policies::conclude(const Job& job, Prepared& prepared)
{
	Outcome outcome{job.path, install(job, prepared), prepared.files, prepared.began_unix_ns};
	if (!failures(outcome.reply).empty()) {
		refuse(job, outcome);
		return outcome;
	}
	path_ = job.path;
	installed_path_ = job.path;
	observe_ = job.observe;
	files_ = prepared.files;
	provenance_ = std::move(prepared.provenance);
	provenance_generation_ = running_->meta.generation;
	refused_files_.clear();
	trouble_.clear();
	notes_ = sentences(prepared.diagnostics);
	return outcome;
}

// A policy that somebody tried by hand and that was refused is told to them; one that should have been reloaded is a
// lasting trouble: what the files say is not what runs.
void Policies::refuse(const Job& job, const Outcome& outcome)
{
	if (!job.reload)
		return;
	refused_files_ = outcome.files;
	trouble_ = failures(outcome.reply);
	trouble_.insert(trouble_.begin(), job.path + " was refused; the policy before it goes on");
}

Result<ApplyReply> Policies::install(const Job& job, Prepared& prepared)
{
	if (policy::has_errors(prepared.diagnostics))
		return ApplyReply(prepared.diagnostics);
	if (prepared.failure)
		return *prepared.failure;

	const bool changed = !runs_already(*prepared.image);
	if (changed) {
		policy::Image image = std::move(*prepared.image);
		image.meta.installed_unix_ns = setting_.clock.unix_ns();
		fill_text(image.meta.policy_path, sizeof(image.meta.policy_path), job.path);
		auto installed = setting_.datapath.install(std::move(image));
		if (!installed)
			return std::move(installed.error()).within("install " + job.path);
		running_ = std::move(*installed);
	}
	Applied applied = describe_running(*running_, changed);
	applied.warnings = sentences(prepared.diagnostics);
	remember(std::move(prepared.meaning));
	return ApplyReply(std::move(applied));
}

// The running one, and the one that a rollback returns to.
void Policies::remember(std::shared_ptr<const policy::Meaning> latest)
{
	const sluice_meta& meta = latest->image.meta;
	std::erase_if(meanings_, [&meta](const std::shared_ptr<const policy::Meaning>& known) {
		return std::memcmp(known->image.meta.digest, meta.digest, sizeof(meta.digest)) == 0;
	});
	meanings_.insert(meanings_.begin(), std::move(latest));
	if (meanings_.size() > kMostMeanings)
		meanings_.pop_back();
}

std::shared_ptr<const policy::Meaning> Policies::meaning() const
{
	const auto found = std::ranges::find_if(meanings_, [this](const auto& known) { return runs_already(known->image); });
	return found != meanings_.end() ? *found : nullptr;
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
	out.insert(out.end(), notes_.begin(), notes_.end());
	return out;
}

}  // namespace sluice::daemon
