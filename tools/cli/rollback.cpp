#include "cli/applied.h"
#include "cli/command_line.h"
#include "cli/ssh_session.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_rollback(Context& context)
{
	control::Client client(context.globals.socket);
	return show_applied(context, "rollback", client.post("/v1/rollback", control::to_json(control::RollbackRequest{ssh_session()})));
}

}  // namespace

void add_rollback(CommandLine& line)
{
	line.add({.name = "rollback",
	          .summary = "drop what is shadowed, else go back to the policy before",
	          .text = "While a candidate is shadowed (`sluice apply --observe`), drops it and touches nothing else. Otherwise\n"
	                  "installs the policy that was there before the running one, from the copy that the daemon keeps: its\n"
	                  "lists are as they were then. Levels of limits, bans and counters stay. Called again, it goes back\n"
	                  "one further. What was rolled back stays out, also when files change or the daemon restarts, until its\n"
	                  "text changes or `sluice apply` installs it.",
	          .example = "  sluice history     what there is to go back to\n"
	                     "  sluice rollback\n"},
	         run_rollback);
}

}  // namespace sluice::cli
