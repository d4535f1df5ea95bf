#include "daemon/outcome.h"

#include "policy/digest.h"


namespace sluice::daemon {
namespace {

constexpr std::size_t kMostWarnings = 20;

}  // namespace

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
std::vector<std::string> failures(const Result<control::ApplyReply>& reply)
{
	if (!reply)
		return {reply.error().sentence()};
	const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply);
	return diagnostics != nullptr ? sentences(*diagnostics) : std::vector<std::string>();
}

namespace {

// Names of the policy that runs; the fixed slots are nobody's.
std::uint64_t in_use(const std::vector<sluice_name>& names, std::uint32_t first, sluice_rule_kind kind)
{
	std::uint64_t count = 0;
	for (std::size_t i = first; i < names.size(); i++)
		count += names[i].text[0] != '\0' && names[i].retired == 0 && names[i].kind == kind ? 1 : 0;
	return count;
}

}  // namespace

control::Applied describe_running(const datapath::Running& running, bool changed)
{
	control::Applied applied;
	applied.generation = running.meta.generation;
	applied.digest = policy::digest_text(running.meta);
	applied.changed = changed;
	applied.services = in_use(running.services, SLUICE_SERVICE_FIRST, SLUICE_RULE_NONE);
	applied.limits = in_use(running.rules, SLUICE_RULE_FIRST, SLUICE_RULE_LIMIT);
	applied.prefixes = running.meta.prefixes;
	return applied;
}

}  // namespace sluice::daemon
