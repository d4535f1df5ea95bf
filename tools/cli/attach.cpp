#include <memory>

#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/interface_name.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

struct AttachOptions {
	std::string interface;
	std::string mode;
};

Result<control::AttachRequest> request_of(const AttachOptions& options)
{
	SLUICE_TRY(require_interface_name(options.interface));
	control::AttachRequest request{.name = options.interface};
	if (options.mode == "native")
		request.mode = datapath::AttachMode::kNative;
	else if (options.mode == "generic")
		request.mode = datapath::AttachMode::kGeneric;
	else if (!options.mode.empty())
		return Error(ErrorCode::kInvalid, "there is no mode \"" + options.mode + "\"", "native or generic");
	return request;
}

ExitCode run_attach(Context& context, const AttachOptions& options)
{
	const auto request = request_of(options);
	if (!request)
		return fail(context, "attach", request.error());
	control::Client client(context.globals.socket);
	return show_answer(context, "attach " + options.interface, client.post("/v1/interfaces", control::to_json(*request)), control::parse_interface,
	                   [&](const datapath::Interface& interface) {
		                   return "attached to " + options.interface + " in " + control::mode_name(interface.mode) + " mode, generation " +
		                          std::to_string(interface.generation) + "\n";
	                   });
}

}  // namespace

void add_attach(CommandLine& line)
{
	auto options = std::make_shared<AttachOptions>();
	CLI::App& verb = line.add(
	    {.name = "attach",
	     .summary = "judge the packets of an interface",
	     .text = "Has every packet that arrives at the interface judged by the running policy. Native mode runs in the\n"
	             "driver; where the driver cannot, generic mode is used, and said. Make sure that `failsafe` names the\n"
	             "way you reach this host; `sluice panic` takes everything off again.",
	     .example = "  sluice attach eth0\n"
	                "  sluice attach eth0 --mode native     fail rather than fall back\n"},
	    [options](Context& context) { return run_attach(context, *options); });
	verb.add_option("INTERFACE", options->interface, "the interface's name")->required()->type_name("");
	verb.add_option("--mode", options->mode, "native or generic: this one only")->type_name("MODE");
}

}  // namespace sluice::cli
