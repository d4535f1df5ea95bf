// `sluice allow`, `deny`, `forget` and `overlay`: what the command line adds to a policy's lists.
#include <memory>

#include "base/duration.h"
#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/overlay.h"
#include "cli/render.h"
#include "control/client.h"
#include "telemetry/timestamp.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

struct OverlayOptions {
	bool allow = false;
	std::vector<std::string> addresses;
	std::string duration;
	std::string why;
};

Result<control::OverlayRequest> request_of(const OverlayOptions& options)
{
	control::OverlayRequest request;
	request.allow = options.allow;
	SLUICE_TRY_ASSIGN(request.prefixes, control::parse_prefixes(options.addresses));
	if (!options.duration.empty()) {
		SLUICE_TRY_ASSIGN(request.duration_ns, parse_duration(options.duration));
	}
	request.why = options.why;
	// Whatever the daemon would refuse is wrong already here.
	return control::parse_overlay_request(control::to_json(request));
}

ExitCode run_set(Context& context, const OverlayOptions& options)
{
	const char* verb = control::action_name(options.allow);
	const auto request = request_of(options);
	if (!request)
		return fail(context, verb, request.error());
	control::Client client(context.globals.socket);
	const auto words = [&](const control::Json&) {
		const std::string time = request->duration_ns ? " for " + text::duration(*request->duration_ns) : " until forgotten";
		std::string out;
		for (const net::Prefix& prefix : request->prefixes)
			out += (options.allow ? "allowed " : "denied ") + prefix.to_string() + time + "\n";
		return out;
	};
	return show_answer(context, verb, client.post("/v1/overlay", control::to_json(*request)),
	                   [](const control::Json& json) { return Result<control::Json>(json); }, words);
}

ExitCode run_forget(Context& context, const std::vector<std::string>& addresses)
{
	auto prefixes = control::parse_prefixes(addresses);
	if (!prefixes)
		return fail(context, "forget", prefixes.error());
	const control::UnbanRequest request{std::move(*prefixes)};
	control::Client client(context.globals.socket);
	const auto words = [&](const control::Json&) {
		std::string out;
		for (const net::Prefix& prefix : request.prefixes)
			out += "forgot " + prefix.to_string() + ": the lists decide\n";
		return out;
	};
	return show_answer(context, "forget", client.del("/v1/overlay", control::to_json(request)),
	                   [](const control::Json& json) { return Result<control::Json>(json); }, words);
}

ExitCode run_list(Context& context)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "overlay", client.get("/v1/overlay"), control::parse_overlay,
	                   [&](const std::vector<control::OverlayRow>& rows) { return render(rows, context.out.style()); });
}

void add_set(CommandLine& line, bool allow)
{
	auto options = std::make_shared<OverlayOptions>();
	options->allow = allow;
	const std::string verb_name = control::action_name(allow);
	CLI::App& verb = line.add(
	    {.name = verb_name,
	     .summary = allow ? "allow addresses and prefixes beside the policy's lists" : "deny addresses and prefixes beside the policy's lists",
	     .text = "Adds entries to the source table, at once and for any policy: as if a list of action " + verb_name +
	             "\nnamed them. The longest prefix decides: a list's entry for a part of what is named here goes on\n"
	             "deciding about that part. Of the same prefix the overlay's entry decides, and of two the newer one.\n"
	             "Entries outlive policies and the daemon, and are over on time also when the daemon is dead.\n" +
	             (allow ? "What is allowed is not hit by bans; limits of services still hold it." : "What is in the failsafe cannot be denied."),
	     .example = "  sluice " + verb_name + " 192.0.2.7 --for 2h --why 'until the list is right'\n"
	                "  sluice " + verb_name + " 198.51.100.0/24 2001:db8:2::/48\n"
	                "  sluice forget 192.0.2.7           the lists decide again\n"},
	    [options](Context& context) { return run_set(context, *options); });
	verb.add_option("ADDRESS", options->addresses, "addresses or prefixes")->required()->type_name("");
	verb.add_option("--for", options->duration, "how long: 10s, 5m, 2h, 1d, 1h30m; default: until forgotten")->type_name("DURATION");
	verb.add_option("--why", options->why, "a note for those who read `sluice overlay`")->type_name("TEXT");
}

}  // namespace

std::string render(const std::vector<control::OverlayRow>& rows, const text::Style& style)
{
	using text::Align;
	text::Table table({{"PREFIX"}, {"ACTION"}, {"LEFT", Align::kRight}, {"SINCE"}, {"BY"}, {"WHY"}});
	for (const auto& row : rows)
		table.add({row.prefix.to_string(), control::action_name(row.allow), row.remaining_ns ? text::duration(*row.remaining_ns) : "for ever",
		           telemetry::timestamp(row.created_unix_ns), user_of(row), text::printable(row.why)});
	return table.empty() ? "no entries\n" : table.to_string(style);
}

std::string user_of(const control::OverlayRow& row)
{
	return row.user.empty() ? std::to_string(row.uid) : text::printable(row.user);
}

void add_allow(CommandLine& line)
{
	add_set(line, true);
}

void add_deny(CommandLine& line)
{
	add_set(line, false);
}

void add_forget(CommandLine& line)
{
	auto addresses = std::make_shared<std::vector<std::string>>();
	CLI::App& verb = line.add({.name = "forget",
	                           .summary = "take back what `sluice allow` and `sluice deny` said",
	                           .text = "Takes exactly these addresses and prefixes, as `sluice overlay` lists them, out of the overlay. The\n"
	                                   "policy's lists decide about them again.",
	                           .example = "  sluice forget 192.0.2.7\n"
	                                      "  sluice forget 198.51.100.0/24 2001:db8:2::/48\n"},
	                          [addresses](Context& context) { return run_forget(context, *addresses); });
	verb.add_option("ADDRESS", *addresses, "addresses or prefixes")->required()->type_name("");
}

void add_overlay(CommandLine& line)
{
	line.add({.name = "overlay",
	          .summary = "list what `sluice allow` and `sluice deny` said",
	          .text = "Lists the entries that stand beside the policy's lists: how long each has left, since when it is,\nwho said it, and why.",
	          .example = "  sluice overlay\n"
	                     "  sluice --json overlay | jq -r '.overlay[].prefix'\n"},
	         run_list);
}

}  // namespace sluice::cli
