#include <chrono>
#include <memory>
#include <thread>

#include "base/duration.h"
#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/counters.h"
#include "cli/render.h"
#include "control/client.h"
#include "text/number.h"

namespace sluice::cli {
namespace {

using Time = std::chrono::steady_clock::time_point;

struct StatsOptions {
	bool watch = false;
	bool all = false;
	std::string interval = "1s";
};

ExitCode show_once(Context& context, const StatsOptions& options)
{
	control::Client client(context.globals.socket);
	return show_answer(context, "stats", client.get("/v1/stats"), parse_counters,
	                   [&](const Counters& counters) { return render(counters, std::nullopt, options.all, context.out.style()); });
}

struct Sample {
	Counters counters;
	Time at;
};

// One round: on a terminal in place of the round before, elsewhere below it; JSON is one line a round.
Result<Sample> show_round(Context& context, control::Client& client, const std::optional<Sample>& earlier, bool all)
{
	SLUICE_TRY_ASSIGN(const auto json, client.get("/v1/stats"));
	SLUICE_TRY_ASSIGN(auto counters, parse_counters(json));
	const Sample sample{std::move(counters), std::chrono::steady_clock::now()};
	if (context.globals.json) {
		context.out.write(print_json_line(json));
		return sample;
	}
	const auto& style = context.out.style();
	const std::string lead = style.terminal ? "\x1b[H\x1b[J" : earlier ? "\n" : "";
	if (earlier) {
		const double seconds = std::chrono::duration<double>(sample.at - earlier->at).count();
		context.out.write(lead + render(sample.counters, Before{earlier->counters, seconds}, all, style));
	} else {
		context.out.write(lead + render(sample.counters, std::nullopt, all, style));
	}
	return sample;
}

ExitCode watch(Context& context, const StatsOptions& options)
{
	const auto interval = parse_duration(options.interval);
	if (!interval)
		return fail(context, "stats --interval", interval.error());
	control::Client client(context.globals.socket);
	std::optional<Sample> earlier;
	auto next = std::chrono::steady_clock::now();
	while (true) {
		auto sample = show_round(context, client, earlier, options.all);
		if (!sample)
			return fail(context, "stats", sample.error());
		if (context.out.closed())
			return ExitCode::kDone;
		earlier = std::move(*sample);
		next += std::chrono::nanoseconds(*interval);
		std::this_thread::sleep_until(next);
	}
}

}  // namespace

void add_stats(CommandLine& line)
{
	auto options = std::make_shared<StatsOptions>();
	CLI::App& verb = line.add(
	    {.name = "stats",
	     .summary = "counters by reason, service, list and limit",
	     .text = "Shows packets and bytes by reason, by service, and by the list, failsafe entry or limit that\n"
	             "decided. Every packet has exactly one reason; `sluice events --reasons` explains them.",
	     .example = "  sluice stats                    since the pins were made\n"
	                "  sluice stats --watch            every second, with rates; end with Ctrl-C\n"
	                "  sluice stats --all              what is zero, and what no policy names any more, too\n"},
	    [options](Context& context) { return options->watch ? watch(context, *options) : show_once(context, *options); });
	auto* watched = verb.add_flag("--watch", options->watch, "again and again, with rates");
	verb.add_option("--interval", options->interval, "time between, as 1s or 1m")->needs(watched)->capture_default_str();
	verb.add_flag("--all", options->all, "what is zero or retired, too");
}

}  // namespace sluice::cli
