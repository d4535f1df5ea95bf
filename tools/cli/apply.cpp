#include <filesystem>
#include <memory>

#include "base/duration.h"
#include "cli/applied.h"
#include "cli/apply_progress.h"
#include "cli/command_line.h"
#include "cli/ssh_session.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

struct ApplyOptions {
	std::string file;
	bool observe = false;
	std::string confirm;  // empty: none is asked for
	bool force = false;
};

ExitCode run_apply(Context& context, const ApplyOptions& options)
{
	const std::string what = "apply " + options.file;
	std::error_code error;
	const auto path = std::filesystem::absolute(options.file, error).lexically_normal();
	if (error)
		return fail(context, what, Error(ErrorCode::kInvalid, error.message()));
	control::ApplyRequest request{.path = path.string(), .observe = options.observe, .force = options.force, .session = ssh_session()};
	if (!options.confirm.empty()) {
		const auto duration = parse_duration(options.confirm);
		if (!duration)
			return fail(context, what, duration.error());
		request.confirm_ns = *duration;
	}
	return show_applied(context, what, post_with_progress(context, "/v1/policy", control::to_json(request)));
}

}  // namespace

void add_apply(CommandLine& line)
{
	auto options = std::make_shared<ApplyOptions>();
	CLI::App& verb = line.add(
	    {.name = "apply",
	     .summary = "install a policy atomically",
	     .text = "Has the daemon read, check and install a policy. Every packet is judged by the old policy or by the\n"
	             "new one, never by a mixture; a policy with errors leaves the running one untouched. Limits keep their\n"
	             "levels: nobody is refilled.\n"
	             "With --confirm the policy before comes back by itself unless `sluice confirm` comes in time, also when\n"
	             "the daemon or the host dies meanwhile; until then files that change are not read.\n"
	             "With --observe it decides nothing: it is shadowed, judged beside the running policy on the same packets, and\n"
	             "`sluice stats` shows where the two disagree, until `sluice promote` installs it or `sluice rollback` drops it.\n"
	             "What takes longer shows how far it is: the lists that are read, the prefixes that are compiled.\n"
	             "A policy is refused that would drop the SSH session that applies it, or take a way in out of the\n"
	             "failsafe, unless --force is given.",
	     .example = "  sluice check policy.yaml && sluice apply policy.yaml\n"
	                "  sluice apply policy.yaml --confirm 60s && sluice confirm\n"
	                "  sluice apply new.yaml --observe && sluice stats --watch\n"},
	    [options](Context& context) { return run_apply(context, *options); });
	verb.add_option("FILE", options->file, "the policy")->required()->type_name("");
	verb.add_flag("--observe", options->observe, "shadow it: judged beside the running policy, and decides nothing");
	verb.add_option("--confirm", options->confirm, "roll back unless confirmed in this time")->type_name("DURATION");
	verb.add_flag("--force", options->force, "also what cuts your session off, narrows the failsafe, or cannot be undone");
}

}  // namespace sluice::cli
