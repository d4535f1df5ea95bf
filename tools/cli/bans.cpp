#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_bans(Context& context)
{
	control::Client client(context.globals.socket);
	const auto json = client.get("/v1/bans");
	if (!json)
		return fail(context, "bans", json.error());
	if (context.globals.json) {
		context.out.write(print_json(*json));
		return ExitCode::kDone;
	}
	const auto bans = control::parse_bans(*json);
	if (!bans)
		return fail(context, "bans", bans.error());
	context.out.write(render(*bans, context.out.style()));
	return ExitCode::kDone;
}

}  // namespace

void add_bans(CommandLine& line)
{
	line.add({.name = "bans",
	          .summary = "list the bans that stand",
	          .text = "Lists the bans that stand: how long each has left, since when it is, and why.",
	          .example = "  sluice bans\n"
	                     "  sluice --json bans | jq -r '.bans[].prefix'\n"},
	         run_bans);
}

}  // namespace sluice::cli
