#include "cli/applied.h"

#include "cli/render.h"
#include "telemetry/timestamp.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t kWorthTelling = 100'000'000;

std::string sentence(const control::Applied& applied)
{
	const std::string generation = "generation " + std::to_string(applied.generation);
	const std::string holds = ": " + text::counted(applied.services, "service", "services") + ", " +
	                          text::counted(applied.limits, "limit", "limits") + ", " +
	                          text::counted(applied.prefixes, "prefix", "prefixes") + "\n";
	if (applied.shadow)
		return text::printable(applied.shadow->path) + " is shadowed; " + generation +
		       " decides (sluice stats shows where they disagree, then sluice promote or sluice rollback)\n";
	if (applied.dropped)
		return text::printable(applied.dropped->path) + " is no longer shadowed; " + generation + " goes on\n";
	if (applied.restores == applied.generation)
		return generation + " judges again" + holds;
	if (applied.restores)
		return generation + " installed, the policy of generation " + std::to_string(*applied.restores) + holds;
	return generation + (applied.changed ? " installed" : " unchanged") + holds;
}

// Where the time went; none where there was next to none.
std::string sentence(const control::Times& times)
{
	if (times.took_ns < kWorthTelling)
		return {};
	std::string out = "took " + text::duration(times.took_ns) + ":";
	for (std::size_t i = 0; i < control::kStages; i++)
		out += std::string(i > 0 ? "," : "") + " " + control::stage_name(static_cast<control::Stage>(i)) + " " + text::duration(times.stages[i]);
	return out + "\n";
}

}  // namespace

std::string sentence(const control::Waiting& waiting)
{
	return "generation " + std::to_string(waiting.generation) + " waits for its confirmation: " + text::duration(waiting.remaining_ns) +
	       " left, then the policy of generation " + std::to_string(waiting.returns_to) + " comes back (sluice confirm)";
}

std::string sentence(const control::Shadow& shadow)
{
	return text::printable(shadow.path) + " is judged beside it since " + telemetry::timestamp(shadow.since_unix_ns) +
	       ", digest " + text::printable(shadow.digest.substr(0, 12)) + " (sluice stats, sluice promote, sluice rollback)";
}

ExitCode show_applied(Context& context, const std::string& what, const Result<control::Json>& answer)
{
	if (!answer)
		return fail(context, what, answer.error());
	const auto reply = control::parse_apply_reply(*answer);
	if (!reply)
		return fail(context, what, reply.error());
	const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply);
	if (context.globals.json) {
		context.out.write(print_json(*answer));
	} else if (diagnostics != nullptr) {
		context.err.write(render(*diagnostics, context.err.style()));
	} else {
		const auto& applied = std::get<control::Applied>(*reply);
		for (const auto& warning : applied.warnings)
			context.err.write(text::printable(warning) + "\n");
		context.out.write(sentence(applied));
		if (applied.times && applied.changed)
			context.out.write(sentence(*applied.times));
		if (applied.waiting)
			context.out.write(sentence(*applied.waiting) + "\n");
	}
	return diagnostics != nullptr ? ExitCode::kWrong : ExitCode::kDone;
}

}  // namespace sluice::cli
