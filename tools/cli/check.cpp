#include <algorithm>
#include <iterator>
#include <memory>

#include "cli/command_line.h"
#include "cli/render.h"
#include "base/file.h"
#include "policy/load.h"
#include "policy/revocation_list.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

std::uint64_t prefixes(const policy::Policy& policy)
{
	std::uint64_t count = 0;
	for (const auto& source : policy.sources)
		count += source.prefixes.size();
	return count;
}

// What the daemon would say of the revocation files as they are now. They change apart from the policy, and no policy is
// refused for their sake: warnings.
policy::Diagnostics revocation_warnings(const policy::Policy& policy)
{
	policy::Diagnostics warnings;
	for (const std::string& file : policy.identities.revocations) {
		const auto text = read_file(file, policy::kMostRevocationBytes);
		if (!text)
			warnings.push_back({policy::Severity::kWarning, {file, 0, 0}, "whom it revokes is not known: " + text.error().message(), text.error().advice()});
		for (policy::Diagnostic& wrong : policy::parse_revocations(text ? *text : "", file).diagnostics) {
			wrong.severity = policy::Severity::kWarning;
			warnings.push_back(std::move(wrong));
		}
	}
	return warnings;
}

control::Json json_of(const policy::Loaded& loaded)
{
	control::Json json = control::to_json(loaded.diagnostics);
	json["valid"] = loaded.policy.has_value();
	if (loaded.policy) {
		json["prefixes"] = prefixes(*loaded.policy);
		json["services"] = loaded.policy->services.size();
	}
	return json;
}

ExitCode run_check(Context& context, const std::string& file)
{
	auto loaded = policy::load_policy(file);
	if (loaded.policy)
		std::ranges::move(revocation_warnings(*loaded.policy), std::back_inserter(loaded.diagnostics));
	if (context.globals.json) {
		context.out.write(print_json(json_of(loaded)));
	} else {
		context.err.write(render(loaded.diagnostics, context.err.style()));
		if (loaded.policy)
			context.out.write(text::printable(file) + ": ok: " + text::counted(prefixes(*loaded.policy), "prefix", "prefixes") +
			                  ", " + text::counted(loaded.policy->services.size(), "service", "services") + "\n");
	}
	return loaded.policy ? ExitCode::kDone : ExitCode::kWrong;
}

}  // namespace

void add_check(CommandLine& line)
{
	auto file = std::make_shared<std::string>();
	CLI::App& verb = line.add(
	    {.name = "check",
	     .summary = "validate a policy, without root or daemon",
	     .text = "Reads a policy and every list that it names, and prints everything that is wrong at once, each with\n"
	             "its place and what to do; of revocation files, which the daemon follows apart, as warnings. Needs\n"
	             "neither root nor the daemon; installs nothing. sluice-policy(5) describes the file.",
	     .example = "  sluice check policy.yaml\n"
	                "  sluice --json check policy.yaml | jq -r '.diagnostics[].message'\n"},
	    [file](Context& context) { return run_check(context, *file); });
	verb.add_option("FILE", *file, "the policy")->required()->type_name("");
}

}  // namespace sluice::cli
