#include "daemon/candidate.h"

#include <utility>

#include "base/log.h"
#include "policy/digest.h"

namespace sluice::daemon {
namespace {

control::Shadow describe(const Entry& entry)
{
	return {entry.path, entry.digest, entry.unix_ns};
}

}  // namespace

void Candidate::take_up()
{
	const auto found = datapath_.candidate();
	const auto& written = records_.ledger().shadow;
	const bool judges = found && found->has_value();
	if (judges && written && policy::digest_text((*found)->meta) == written->digest)
		return;
	if (written)
		lost_ = written->path + " is no longer shadowed: " + (found ? "the kernel has lost it" : found.error().sentence()) +
		        " (sluice apply --observe begins again)";
	else if (judges)
		lost_ = "a candidate was shadowed of which nothing is written down: it is dropped";
	if (judges) {
		if (const auto ended = datapath_.end_shadow(); !ended)
			lost_ += "; it is still judged: " + ended.error().sentence();
	}
	if (written)
		records_.end_shadow();
	if (!lost_.empty())
		spdlog::warn("{}", lost_);
}

std::optional<control::Shadow> Candidate::shadow() const
{
	const auto& written = records_.ledger().shadow;
	return written ? std::optional(describe(*written)) : std::nullopt;
}

Result<void> Candidate::begin(policy::Image image, Entry entry, const Result<Archive::Kept>& kept)
{
	const std::string path = entry.path;
	SLUICE_TRY(records_.begin_shadow(std::move(entry), kept));
	const auto begun = datapath_.shadow(std::move(image));
	if (!begun) {
		records_.end_shadow();
		return Error(begun.error()).within("shadow " + path);
	}
	lost_.clear();
	return {};
}

Result<control::Shadow> Candidate::drop()
{
	const auto written = records_.ledger().shadow;
	if (!written)
		return Error(ErrorCode::kNotFound, "no candidate is shadowed", "sluice apply --observe FILE");
	SLUICE_TRY(datapath_.end_shadow());
	records_.end_shadow();
	return describe(*written);
}

}  // namespace sluice::daemon
