#include <filesystem>
#include <memory>

#include "cli/command_line.h"
#include "cli/render.h"
#include "cli/render_diff.h"
#include "control/client.h"
#include "policy/diff.h"
#include "policy/digest.h"
#include "policy/load_meaning.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

struct DiffOptions {
	std::string file;
	std::string against;
	bool exit_code = false;
};

// Appends to `found` whatever is to be said of the file.
std::optional<policy::Meaning> load(const std::string& path, policy::Diagnostics& found)
{
	auto loaded = policy::load_meaning(path);
	found.insert(found.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
	return std::move(loaded.meaning);
}

Result<control::DiffReply> compare_files(const DiffOptions& options)
{
	policy::Diagnostics found;
	const auto before = load(options.against, found);
	const auto after = load(options.file, found);
	if (!before || !after)
		return control::DiffReply(std::move(found));
	control::Difference difference;
	difference.before = {options.against, 0, policy::digest_text(before->image.meta)};
	difference.after = {options.file, 0, policy::digest_text(after->image.meta)};
	SLUICE_TRY_ASSIGN(difference.changes, policy::diff(*before, *after));
	for (const auto& diagnostic : found)
		difference.warnings.push_back(diagnostic.to_string());
	return control::DiffReply(std::move(difference));
}

Result<control::DiffReply> ask_daemon(const Context& context, const DiffOptions& options)
{
	std::error_code error;
	const auto path = std::filesystem::absolute(options.file, error).lexically_normal();
	if (error)
		return Error(ErrorCode::kInvalid, error.message());
	control::Client client(context.globals.socket);
	SLUICE_TRY_ASSIGN(const auto json, client.post("/v1/diff", control::to_json(control::DiffRequest{path.string()})));
	return control::parse_diff_reply(json);
}

ExitCode run_diff(Context& context, const DiffOptions& options)
{
	const auto reply = options.against.empty() ? ask_daemon(context, options) : compare_files(options);
	if (!reply)
		return fail(context, "diff " + options.file, reply.error());
	if (const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply)) {
		if (context.globals.json)
			context.out.write(print_json(control::to_json(*diagnostics)));
		else
			context.err.write(render(*diagnostics, context.err.style()));
		return ExitCode::kWrong;
	}
	const auto& difference = std::get<control::Difference>(*reply);
	if (context.globals.json) {
		context.out.write(print_json(control::to_json(difference)));
	} else {
		for (const auto& warning : difference.warnings)
			context.err.write(text::printable(warning) + "\n");
		context.out.write(render(difference, context.out.style()));
	}
	return options.exit_code && !difference.changes.empty() ? ExitCode::kFailed : ExitCode::kDone;
}

}  // namespace

void add_diff(CommandLine& line)
{
	auto options = std::make_shared<DiffOptions>();
	CLI::App& verb = line.add(
	    {.name = "diff",
	     .summary = "what a policy would change, in people's words",
	     .text = "Compares what a policy means with what the running one means: who becomes denied, allowed or limited\n"
	             "otherwise, each with the number of addresses and the first prefixes; which services and limits change;\n"
	             "which way in the failsafe loses or gains. Another layout or order of the same is no difference.\n"
	             "Changes nothing. With --against, two files are compared, without root or daemon.",
	     .example = "  sluice diff policy.yaml                         against the policy that runs\n"
	                "  sluice diff new.yaml --against policy.yaml      two files\n"
	                "  sluice diff policy.yaml --exit-code || sluice apply policy.yaml\n"},
	    [options](Context& context) { return run_diff(context, *options); });
	verb.add_option("FILE", options->file, "the policy that would be applied")->required()->type_name("");
	verb.add_option("--against", options->against, "another file in place of the running policy")->type_name("FILE");
	verb.add_flag("--exit-code", options->exit_code, "exit with 1 if there is a difference");
}

}  // namespace sluice::cli
