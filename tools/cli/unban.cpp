#include <memory>

#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

ExitCode run_unban(Context& context, const std::vector<std::string>& addresses)
{
	control::UnbanRequest request;
	auto prefixes = control::parse_prefixes(addresses);
	if (!prefixes)
		return fail(context, "unban", prefixes.error());
	request.prefixes = std::move(*prefixes);
	control::Client client(context.globals.socket);
	const auto json = client.del("/v1/bans", control::to_json(request));
	if (!json)
		return fail(context, "unban", json.error());
	if (context.globals.json) {
		context.out.write(print_json(*json));
		return ExitCode::kDone;
	}
	for (const auto& prefix : request.prefixes)
		context.out.write("lifted the ban of " + prefix.to_string() + "\n");
	return ExitCode::kDone;
}

}  // namespace

void add_unban(CommandLine& line)
{
	auto addresses = std::make_shared<std::vector<std::string>>();
	CLI::App& verb = line.add({.name = "unban",
	                           .summary = "lift bans",
	                           .text = "Lifts the bans of exactly these addresses and prefixes, as `sluice bans` lists them.",
	                           .example = "  sluice unban 192.0.2.7\n"
	                                      "  sluice unban 198.51.100.0/24 2001:db8:bad::/48\n"},
	                          [addresses](Context& context) { return run_unban(context, *addresses); });
	verb.add_option("ADDRESS", *addresses, "addresses or prefixes")->required()->type_name("");
}

}  // namespace sluice::cli
