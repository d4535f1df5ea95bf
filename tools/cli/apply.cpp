#include <filesystem>
#include <memory>

#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

struct ApplyOptions {
	std::string file;
	bool observe = false;
};

std::string sentence(const control::Applied& applied)
{
	return "generation " + std::to_string(applied.generation) + (applied.changed ? " installed: " : " unchanged: ") +
	       text::counted(applied.services, "service", "services") + ", " + text::counted(applied.limits, "limit", "limits") +
	       ", " + text::counted(applied.prefixes, "prefix", "prefixes") + "\n";
}

ExitCode run_apply(Context& context, const ApplyOptions& options)
{
	std::error_code error;
	const auto path = std::filesystem::absolute(options.file, error).lexically_normal();
	if (error)
		return fail(context, "apply " + options.file, Error(ErrorCode::kInvalid, error.message()));
	const control::ApplyRequest request{.path = path.string(), .observe = options.observe};
	control::Client client(context.globals.socket);
	const auto json = client.post("/v1/policy", control::to_json(request));
	if (!json)
		return fail(context, "apply " + options.file, json.error());
	const auto reply = control::parse_apply_reply(*json);
	if (!reply)
		return fail(context, "apply " + options.file, reply.error());

	const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply);
	if (context.globals.json) {
		context.out.write(print_json(*json));
	} else if (diagnostics != nullptr) {
		context.err.write(render(*diagnostics, context.err.style()));
	} else {
		const auto& applied = std::get<control::Applied>(*reply);
		for (const auto& warning : applied.warnings)
			context.err.write(text::printable(warning) + "\n");
		context.out.write(sentence(applied));
	}
	return diagnostics != nullptr ? ExitCode::kWrong : ExitCode::kDone;
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
	             "levels: nobody is refilled.",
	     .example = "  sluice check policy.yaml && sluice apply policy.yaml\n"
	                "  sluice apply policy.yaml --observe     judge and count as if, drop nothing\n"},
	    [options](Context& context) { return run_apply(context, *options); });
	verb.add_option("FILE", options->file, "the policy")->required()->type_name("");
	verb.add_flag("--observe", options->observe, "install it in observe mode, whatever the file says");
}

}  // namespace sluice::cli
