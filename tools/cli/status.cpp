#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_status(Context& context)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "status", client.get("/v1/status"), control::parse_status,
	                   [&](const control::Status& status) { return render(status, context.out.style()); });
}

}  // namespace

void add_status(CommandLine& line)
{
	line.add({.name = "status",
	          .summary = "interfaces, generation, rates, health",
	          .text = "Shows what the daemon runs: its policy and generation, the interfaces and whether each is judged\n"
	                  "in native or generic mode, the rates of the last second, memory, health and warnings.",
	          .example = "  sluice status\n"
	                     "  sluice --json status | jq -r .health\n"},
	         run_status);
}

}  // namespace sluice::cli
