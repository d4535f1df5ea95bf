#include <memory>

#include "base/duration.h"
#include "cli/applied.h"
#include "cli/command_line.h"
#include "cli/ssh_session.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

struct PromoteOptions {
	std::string confirm;  // empty: none is asked for
	bool force = false;
};

ExitCode run_promote(Context& context, const PromoteOptions& options)
{
	control::PromoteRequest request{.force = options.force, .session = ssh_session()};
	if (!options.confirm.empty()) {
		const auto duration = parse_duration(options.confirm);
		if (!duration)
			return fail(context, "promote", duration.error());
		request.confirm_ns = *duration;
	}
	control::Client client(context.globals.socket);
	return show_applied(context, "promote", client.post("/v1/promote", control::to_json(request)));
}

}  // namespace

void add_promote(CommandLine& line)
{
	auto options = std::make_shared<PromoteOptions>();
	CLI::App& verb = line.add(
	    {.name = "promote",
	     .summary = "install the policy that is shadowed",
	     .text = "Installs what `sluice apply --observe` shadowed, from the copy that the daemon keeps: its lists are as they\n"
	             "were when it was watched. It is refused as `sluice apply` would refuse it, and comes off again the same way.",
	     .example = "  sluice apply new.yaml --observe\n"
	                "  sluice stats                        where the two disagree\n"
	                "  sluice promote --confirm 60s && sluice confirm\n"},
	    [options](Context& context) { return run_promote(context, *options); });
	verb.add_option("--confirm", options->confirm, "roll back unless confirmed in this time")->type_name("DURATION");
	verb.add_flag("--force", options->force, "also what cuts your session off, narrows the failsafe, or cannot be undone");
}

}  // namespace sluice::cli
