#include <memory>

#include "cli/command_line.h"
#include "cli/render.h"
#include "control/client.h"
#include "sluice/abi/verdict.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

struct EventsOptions {
	bool follow = false;
	bool reasons = false;
	std::string reason;
};

struct ReasonWords {
	const char* name;
	const char* verdict;
	const char* sentence;
};

std::vector<ReasonWords> all_reasons()
{
	return {
#define SLUICE_REASON(number, identifier, name, verdict, sentence) \
	{name, sluice_reason_passes(number) ? "pass" : "drop", sentence},
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
	};
}

void explain_reasons(Context& context)
{
	auto list = control::Json::array();
	text::Table table({{"REASON"}, {"VERDICT"}, {"MEANING"}});
	for (const auto& reason : all_reasons()) {
		const bool drops = reason.verdict == std::string_view("drop");
		list.push_back({{"reason", reason.name}, {"verdict", reason.verdict}, {"meaning", reason.sentence}});
		table.add({reason.name, text::Cell(reason.verdict, drops ? text::Colour::kRed : text::Colour::kGreen), reason.sentence});
	}
	context.out.write(context.globals.json ? print_json({{"reasons", list}}) : table.to_string(context.out.style()));
}

Result<void> require_reason(const std::string& name)
{
	std::vector<std::string> names;
	for (const auto& reason : all_reasons()) {
		if (name == reason.name)
			return {};
		names.emplace_back(reason.name);
	}
	const std::string meant = nearest(name, names);
	return Error(ErrorCode::kInvalid, "there is no reason \"" + name + "\"",
	             meant.empty() ? "see `sluice events --reasons`" : "did you mean " + meant + "?");
}

ExitCode run_events(Context& context, const EventsOptions& options)
{
	if (options.reasons) {
		explain_reasons(context);
		return ExitCode::kDone;
	}
	std::string target = options.follow ? "/v1/events?follow=1" : "/v1/events";
	if (!options.reason.empty()) {
		if (const auto known = require_reason(options.reason); !known)
			return fail(context, "events --reason", known.error());
		target += (options.follow ? "&reason=" : "?reason=") + control::path_segment(options.reason);
	}

	control::Client client(context.globals.socket);
	std::optional<Error> garbled;
	const auto done = client.lines(target, [&](std::string_view line) {
		auto event = control::parse_json(std::string(line));
		if (!event) {
			garbled = event.error();
			return false;
		}
		context.out.write(context.globals.json ? print_json_line(*event) : render_event(*event, context.out.style()));
		return !context.out.closed();
	});
	if (garbled)
		return fail(context, "events", *garbled);
	return done ? ExitCode::kDone : fail(context, "events", done.error());
}

}  // namespace

void add_events(CommandLine& line)
{
	auto options = std::make_shared<EventsOptions>();
	CLI::App& verb = line.add(
	    {.name = "events",
	     .summary = "sampled drops, bans, policy changes",
	     .text = "Shows the latest events, oldest first: sampled drops, bans and unbans, the overlay, policies installed,\n"
	             "interfaces attached and detached. Sampling keeps a flood from flooding you; `sluice stats`\n"
	             "counts every packet.",
	     .example = "  sluice events                                    the latest\n"
	                "  sluice events --follow                           go on until Ctrl-C\n"
	                "  sluice events --follow --reason source-packets   who is over its limit\n"
	                "  sluice events --reasons                          what each reason means\n"},
	    [options](Context& context) { return run_events(context, *options); });
	verb.add_flag("--follow", options->follow, "go on until interrupted");
	verb.add_option("--reason", options->reason, "drops of this reason only")->type_name("NAME");
	verb.add_flag("--reasons", options->reasons, "print what each reason means; asks nobody");
}

}  // namespace sluice::cli
