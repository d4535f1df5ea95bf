#include "cli/answer.h"
#include "cli/command_line.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_confirm(Context& context)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "confirm", client.post("/v1/confirm", control::Json::object()), control::parse_confirmed,
	                   [](const control::Confirmed& confirmed) {
		                   return "generation " + std::to_string(confirmed.generation) + " stays\n";
	                   });
}

}  // namespace

void add_confirm(CommandLine& line)
{
	line.add({.name = "confirm",
	          .summary = "keep a policy that was applied with --confirm",
	          .text = "Keeps the policy that waits for its confirmation. Send it over a new connection: that it arrives is\n"
	                  "the proof that the policy lets you in.",
	          .example = "  sluice apply policy.yaml --confirm 60s\n"
	                     "  sluice confirm\n"},
	         run_confirm);
}

}  // namespace sluice::cli
