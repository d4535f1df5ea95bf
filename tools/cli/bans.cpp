#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_bans(Context& context)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "bans", client.get("/v1/bans"), control::parse_bans,
	                   [&](const std::vector<control::BanRow>& bans) { return render(bans, context.out.style()); });
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
