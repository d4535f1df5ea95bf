#include "daemon/installer.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "daemon/admission.h"
#include "policy/digest.h"

namespace sluice::daemon {

using control::Applied;
using control::ApplyReply;

Result<Settled> Installer::take_up()
{
	SLUICE_TRY_ASSIGN(running_, datapath_.running());
	const Settled settled = records_.take_up(running_);
	candidate_.take_up();
	read_failsafe();
	return settled;
}

// The failsafe entries of what runs, where its copy is still there.
void Installer::read_failsafe()
{
	const Entry* last = ledger().current();
	if (!running_ || last == nullptr || last->digest != policy::digest_text(running_->meta))
		return;
	if (const auto copy = read_copy(records_.copy_of(*last)))
		failsafe_ = policy::failsafe_in(*copy);
}

Result<ApplyReply> Installer::run(const Job& job, Ready& ready)
{
	if (job.cause == Cause::kObserve)
		return observe(job, ready);
	auto reply = job.undoes() ? restore(job, ready) : install(job, ready);
	if (failures(reply).empty())
		failsafe_ = std::move(ready.prepared.failsafe);
	return reply;
}

// From its copy; failing that, as the kernel still has it.
Result<ApplyReply> Installer::restore(const Job& job, Ready& ready)
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

Result<void> Installer::fall_back(const Job& job)
{
	const Entry* entry = ledger().find(job.restores);
	SLUICE_TRY_ASSIGN(const auto previous, datapath_.previous());
	if (entry == nullptr || !previous || policy::digest_text(previous->meta) != entry->digest)
		return Error(ErrorCode::kNotFound, "it is no longer loaded");
	records_.begin_anyway(entry_of(job, {}, entry->digest), std::nullopt);
	auto reverted = datapath_.revert();
	if (!reverted) {
		records_.abandon();
		return reverted.error();
	}
	running_ = std::move(*reverted);
	records_.complete(running_->meta.generation);
	return {};
}

Result<ApplyReply> Installer::install(const Job& job, Ready& ready)
{
	Prepared& prepared = ready.prepared;
	if (policy::has_errors(prepared.diagnostics))
		return ApplyReply(prepared.diagnostics);
	if (prepared.failure)
		return *prepared.failure;

	const bool changed = !runs_already(*prepared.image);
	const auto shadow = candidate_.shadow();
	if (changed) {
		SLUICE_TRY(check(job, ready));
		SLUICE_TRY(replace(job, ready));
	} else if (ledger().current() == nullptr || ledger().current()->digest != policy::digest_text(running_->meta)) {
		// What runs is new to the history: it was installed before there was one.
		records_.begin_anyway(entry_of(job, ready, policy::digest_text(running_->meta)), std::nullopt);
		records_.complete(running_->meta.generation);
	}
	Applied applied = describe_running(*running_, changed);
	applied.warnings = sentences(prepared.diagnostics);
	std::ranges::copy(warnings_of(prepared.feeds, prepared.began_unix_ns), std::back_inserter(applied.warnings));
	SLUICE_TRY_ASSIGN(const auto told, settle_shadow(job, shadow, changed));
	applied.warnings.insert(applied.warnings.end(), told.begin(), told.end());
	applied.waiting = records_.waiting();
	if (!changed && job.confirm_ns)
		applied.warnings.push_back("nothing waits for a confirmation, and nothing will be rolled back: this very policy was running already");
	applied.times = job.progress->times();
	meanings_.remember(std::move(prepared.meaning));
	if (const Entry* restored = ledger().find(job.restores))
		applied.restores = restored->generation;
	return ApplyReply(std::move(applied));
}

// What became of the shadow `before`, for people.
Result<std::vector<std::string>> Installer::settle_shadow(const Job& job, const std::optional<control::Shadow>& before, bool changed)
{
	std::vector<std::string> told;
	if (job.cause == Cause::kPromote && !changed)
		SLUICE_TRY(candidate_.drop());
	else if (before && changed && job.cause != Cause::kPromote && ends_shadow(job.cause))
		told.push_back(before->path + " is no longer shadowed: the policy beside which it was judged is gone");
	return told;
}

Result<ApplyReply> Installer::observe(const Job& job, Ready& ready)
{
	Prepared& prepared = ready.prepared;
	if (policy::has_errors(prepared.diagnostics))
		return ApplyReply(prepared.diagnostics);
	if (prepared.failure)
		return *prepared.failure;
	if (!running_)
		return Error(ErrorCode::kNotFound, "no policy runs beside which it could be judged", "sluice apply " + job.path);
	Entry entry = entry_of(job, ready, policy::digest_text(prepared.image->meta));
	SLUICE_TRY(candidate_.begin(std::move(*prepared.image), std::move(entry), ready.kept));
	Applied applied = describe_running(*running_, false);
	applied.warnings = sentences(prepared.diagnostics);
	applied.shadow = candidate_.shadow();
	return ApplyReply(std::move(applied));
}

// Whether it may take the place of what runs.
Result<void> Installer::check(const Job& job, const Ready& ready) const
{
	if (job.by_itself() && job.restores == 0 && ledger().is_undone(job.path, ready.text))
		return Error(ErrorCode::kExists, job.path + " says what was rolled back",
		             "change it, or install it all the same: sluice apply " + job.path);
	if (job.force || job.restores != 0)
		return {};
	if (failsafe_)
		SLUICE_TRY(check_failsafe(*failsafe_, ready.prepared.failsafe.value_or(std::vector<policy::Failsafe>())));
	if (!job.session)
		return {};
	return check_session(*ready.prepared.image, *job.session, datapath_);
}

Result<void> Installer::replace(const Job& job, Ready& ready)
{
	policy::Image image = std::move(*ready.prepared.image);
	// A host is not left without a policy, nor with one that has to go, because its disk is full.
	const bool must_go_on = job.force || job.undoes() || !running_;
	SLUICE_TRY(records_.begin(entry_of(job, ready, policy::digest_text(image.meta)), job.confirm_ns, ready.kept, must_go_on));
	const auto fate = ends_shadow(job.cause) ? datapath::ShadowFate::kEnds : datapath::ShadowFate::kGoesOn;
	auto installed = datapath_.install(std::move(image), fate);
	if (!installed) {
		records_.abandon();
		return std::move(installed.error()).within("install " + job.path);
	}
	running_ = std::move(*installed);
	records_.complete(running_->meta.generation);
	return {};
}

// The entry whose copy the job is made from; null: from the files.
const Entry* Installer::stored(const Job& job) const
{
	if (job.cause == Cause::kPromote)
		return ledger().shadow ? &*ledger().shadow : nullptr;
	return ledger().find(job.restores);
}

std::optional<std::string> Installer::copy_for(const Job& job) const
{
	const Entry* entry = stored(job);
	return entry != nullptr ? std::optional(records_.copy_of(*entry)) : std::nullopt;
}

Entry Installer::entry_of(const Job& job, const Ready& ready, const std::string& digest) const
{
	Entry entry;
	if (const Entry* copied = stored(job)) {
		entry = *copied;
	} else {
		entry.path = job.path;
		entry.text = ready.text;
		entry.inventory = ready.prepared.inventory;
		entry.lists = counts_of(ready.prepared.feeds);
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

bool Installer::runs_already(const policy::Image& image) const
{
	return running_ && running_->meta.abi == image.meta.abi &&
	       std::memcmp(running_->meta.digest, image.meta.digest, sizeof(image.meta.digest)) == 0;
}

}  // namespace sluice::daemon
