#include "daemon/records.h"

#include <utility>

#include "base/log.h"
#include "daemon/ledger_json.h"
#include "policy/digest.h"

namespace sluice::daemon {

Settled Records::take_up(const std::optional<datapath::Running>& running)
{
	note(archive_.open());
	Found found{{}, 0, boot_, clock_.boot_ns()};
	if (running) {
		found.digest = policy::digest_text(running->meta);
		found.generation = running->meta.generation;
	}
	Ledger next = ledger();
	const Settled settled = next.settle(found);
	if (to_text(next) != to_text(ledger()))
		note(archive_.record(std::move(next)));
	return settled;
}

std::optional<control::Waiting> Records::waiting() const
{
	if (!ledger().wait)
		return std::nullopt;
	const std::uint64_t now = clock_.boot_ns();
	const std::uint64_t deadline = ledger().wait->deadline_boot_ns;
	const Entry* back = ledger().return_point();
	return control::Waiting{ledger().current()->generation, deadline > now ? deadline - now : 0, back != nullptr ? back->generation : 0};
}

Ledger Records::begun(Entry entry, std::optional<std::uint64_t> confirm_ns) const
{
	entry.unix_ns = clock_.unix_ns();
	std::optional<Wait> wait;
	if (confirm_ns)
		wait = Wait{boot_, clock_.boot_ns() + *confirm_ns};
	Ledger next = ledger();
	next.begin(std::move(entry), std::move(wait));
	return next;
}

Result<void> Records::begin(Entry entry, std::optional<std::uint64_t> confirm_ns, const Result<Archive::Kept>& kept, bool anyway)
{
	if (anyway) {
		begin_anyway(std::move(entry), confirm_ns);
		if (!kept)
			note(kept.error());
		return {};
	}
	auto written = kept ? archive_.commit(begun(std::move(entry), confirm_ns)) : Result<void>(kept.error());
	if (!written)
		return Error(written.error().code(), "what a rollback needs could not be kept: " + written.error().message(),
		             "make room on the disk, or install it without: sluice apply --force");
	unwritten_.clear();
	return {};
}

void Records::begin_anyway(Entry entry, std::optional<std::uint64_t> confirm_ns)
{
	note(archive_.record(begun(std::move(entry), confirm_ns)));
}

void Records::complete(std::uint32_t generation)
{
	Ledger next = ledger();
	next.complete(generation);
	note(archive_.record(std::move(next)));
	archive_.sweep();
}

void Records::abandon()
{
	Ledger next = ledger();
	next.abandon();
	note(archive_.record(std::move(next)));
}

Result<void> Records::begin_shadow(Entry entry, const Result<Archive::Kept>& kept)
{
	entry.unix_ns = clock_.unix_ns();
	Ledger next = ledger();
	next.shadow = std::move(entry);
	auto written = kept ? archive_.commit(std::move(next)) : Result<void>(kept.error());
	if (!written) {
		(void)archive_.record(Ledger(ledger()));  // what reached the disk all the same is taken back
		return Error(written.error().code(), "what a promotion needs could not be kept: " + written.error().message(),
		             "make room on the disk");
	}
	unwritten_.clear();
	return {};
}

void Records::end_shadow()
{
	Ledger next = ledger();
	next.shadow.reset();
	note(archive_.record(std::move(next)));
	archive_.sweep();
}

Result<void> Records::confirm()
{
	Ledger next = ledger();
	next.confirm();
	SLUICE_TRY(archive_.commit(std::move(next)));
	unwritten_.clear();
	return {};
}

void Records::note(const Result<void>& written)
{
	const std::string before = std::exchange(unwritten_, written ? "" : "the history is not on disk: " + written.error().sentence());
	if (!written && unwritten_ != before)
		spdlog::warn("{}", unwritten_);
}

}  // namespace sluice::daemon
