#include <memory>

#include "base/duration.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"
#include "text/number.h"

namespace sluice::cli {
namespace {

struct BanOptions {
	std::vector<std::string> addresses;
	std::string duration;
	std::string why;
};

Result<control::BanRequest> request_of(const BanOptions& options)
{
	control::BanRequest request;
	SLUICE_TRY_ASSIGN(request.prefixes, control::parse_prefixes(options.addresses));
	if (!options.duration.empty()) {
		SLUICE_TRY_ASSIGN(request.duration_ns, parse_duration(options.duration));
	}
	request.why = options.why;
	// Whatever the daemon would refuse is wrong already here.
	SLUICE_TRY(control::parse_ban_request(control::to_json(request)));
	return request;
}

ExitCode run_ban(Context& context, const BanOptions& options)
{
	const auto request = request_of(options);
	if (!request)
		return fail(context, "ban", request.error());
	control::Client client(context.globals.socket);
	const auto json = client.post("/v1/bans", control::to_json(*request));
	if (!json)
		return fail(context, "ban", json.error());
	if (context.globals.json) {
		context.out.write(print_json(*json));
		return ExitCode::kDone;
	}
	const std::string time = request->duration_ns ? " for " + text::duration(*request->duration_ns) : " until lifted";
	for (const auto& prefix : request->prefixes)
		context.out.write("banned " + prefix.to_string() + time + "\n");
	return ExitCode::kDone;
}

}  // namespace

void add_ban(CommandLine& line)
{
	auto options = std::make_shared<BanOptions>();
	CLI::App& verb = line.add(
	    {.name = "ban",
	     .summary = "drop addresses and prefixes, for a while or until lifted",
	     .text = "Drops everything from these sources, at once. A ban never hits a source on an allow list nor a\n"
	             "failsafe entry. It outlives policies and the daemon, and is over on time also when the daemon is\n"
	             "dead. An existing ban of the same prefix is replaced.",
	     .example = "  sluice ban 192.0.2.7 --for 10m\n"
	                "  sluice ban 198.51.100.0/24 2001:db8:bad::/48 --for 1h30m --why 'scans for logins'\n"
	                "  sluice ban 203.0.113.9            until `sluice unban 203.0.113.9`\n"},
	    [options](Context& context) { return run_ban(context, *options); });
	verb.add_option("ADDRESS", options->addresses, "addresses or prefixes")->required()->type_name("");
	verb.add_option("--for", options->duration, "how long: 10s, 5m, 2h, 1d, 1h30m; default: until lifted")->type_name("DURATION");
	verb.add_option("--why", options->why, "a note for those who read `sluice bans`")->type_name("TEXT");
}

}  // namespace sluice::cli
