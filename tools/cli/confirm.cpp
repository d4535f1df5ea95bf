#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_confirm(Context& context)
{
	control::Client client(context.globals.socket);
	const auto json = client.post("/v1/confirm", control::Json::object());
	if (!json)
		return fail(context, "confirm", json.error());
	const auto confirmed = control::parse_confirmed(*json);
	if (!confirmed)
		return fail(context, "confirm", confirmed.error());
	if (context.globals.json)
		context.out.write(print_json(*json));
	else
		context.out.write("generation " + std::to_string(confirmed->generation) + " stays\n");
	return ExitCode::kDone;
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
