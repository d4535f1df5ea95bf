#include <chrono>
#include <memory>
#include <thread>

#include "base/duration.h"
#include "cli/command_line.h"
#include "cli/render.h"
#include "cli/top_screen.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct TopOptions {
	std::string interval = "1s";
	std::size_t rows = 10;
	bool once = false;
};

struct Sample {
	Counters counters;
	Clock::time_point at;
};

Result<Sample> sample(control::Client& client)
{
	SLUICE_TRY_ASSIGN(const auto json, client.get("/v1/stats"));
	SLUICE_TRY_ASSIGN(auto counters, parse_counters(json));
	return Sample{std::move(counters), Clock::now()};
}

Result<void> take_events(control::Client& client, Talkers& talkers)
{
	std::vector<control::Json> events;
	std::optional<Error> garbled;
	SLUICE_TRY(client.lines("/v1/events", [&](std::string_view line) {
		auto event = control::parse_json(std::string(line));
		if (!event)
			garbled = event.error();
		else
			events.push_back(std::move(*event));
		return !garbled;
	}));
	if (garbled)
		return *garbled;
	talkers.take(events);
	return {};
}

// One round: on a terminal in place of the round before, elsewhere below it; JSON is one line a round.
void show(Context& context, const Top& top, bool first)
{
	const auto& style = context.out.style();
	if (context.globals.json)
		context.out.write(print_json_line(to_json(top)));
	else
		context.out.write((style.terminal ? "\x1b[H\x1b[J" : first ? "" : "\n") + render(top, style));
}

Result<void> go_on(Context& context, const TopOptions& options, std::chrono::nanoseconds interval)
{
	control::Client client(context.globals.socket);
	Talkers talkers;
	SLUICE_TRY_ASSIGN(Sample before, sample(client));
	SLUICE_TRY(take_events(client, talkers));
	for (bool first = true; first || !(options.once || context.out.closed()); first = false) {
		talkers.clear();
		std::this_thread::sleep_until(before.at + interval);
		SLUICE_TRY_ASSIGN(Sample now, sample(client));
		SLUICE_TRY(take_events(client, talkers));
		const double seconds = std::chrono::duration<double>(now.at - before.at).count();
		show(context, top_of(now.counters, Before{before.counters, seconds}, talkers, options.rows), first);
		before = std::move(now);
	}
	return {};
}

ExitCode run_top(Context& context, const TopOptions& options)
{
	const auto interval = parse_duration(options.interval);
	if (!interval)
		return fail(context, "top --interval", interval.error());
	const auto done = go_on(context, options, std::chrono::nanoseconds(*interval));
	return done ? ExitCode::kDone : fail(context, "top", done.error());
}

}  // namespace

void add_top(CommandLine& line)
{
	auto options = std::make_shared<TopOptions>();
	CLI::App& verb = line.add(
	    {.name = "top",
	     .summary = "live: rates by verdict, the heaviest services, sources and identities",
	     .text = "Shows what passes and what is dropped now, the fastest first, and who stands behind the drops. Rates\n"
	             "count every packet; sources and identities are those of the drops that were sampled, so that\n"
	             "their shares say who is heavy, and not how heavy. End with Ctrl-C.",
	     .example = "  sluice top\n"
	                "  sluice top --once --json        one interval, for a script\n"},
	    [options](Context& context) { return run_top(context, *options); });
	verb.add_option("--interval", options->interval, "time between, as 1s or 1m")->capture_default_str();
	verb.add_option("--rows", options->rows, "of each kind at most")->check(CLI::Range(1, 1000))->capture_default_str();
	verb.add_flag("--once", options->once, "one interval, then end");
}

}  // namespace sluice::cli
