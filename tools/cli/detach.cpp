#include <memory>

#include "cli/command_line.h"
#include "cli/interface_name.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_detach(Context& context, const std::string& interface)
{
	if (const auto valid = require_interface_name(interface); !valid)
		return fail(context, "detach", valid.error());
	control::Client client(context.globals.socket);
	const auto json = client.del("/v1/interfaces/" + control::path_segment(interface));
	if (!json)
		return fail(context, "detach " + interface, json.error());
	context.out.write(context.globals.json ? print_json(*json) : "detached from " + interface + "\n");
	return ExitCode::kDone;
}

}  // namespace

void add_detach(CommandLine& line)
{
	auto interface = std::make_shared<std::string>();
	CLI::App& verb = line.add({.name = "detach",
	                           .summary = "stop judging the packets of an interface",
	                           .text = "Takes the enforcer off one interface. Counters, bans and the other interfaces stay as\n"
	                                   "they are.",
	                           .example = "  sluice detach eth0\n"},
	                          [interface](Context& context) { return run_detach(context, *interface); });
	verb.add_option("INTERFACE", *interface, "the interface's name")->required()->type_name("");
}

}  // namespace sluice::cli
