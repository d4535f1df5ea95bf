#include "cli/command_line.h"

#include <algorithm>
#include <numeric>

namespace sluice::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  the operation failed\n"
    "  2  the command or the file is wrong\n"
    "  3  the daemon is not reachable\n";

constexpr const char* kOverview =
    "Sluice judges every packet at the network card: it drops what the policy denies\n"
    "and holds every source, prefix and service to its limit.\n";

constexpr const char* kFirstSteps =
    "Examples:\n"
    "  sluice check policy.yaml        is this policy right? (needs no root, no daemon)\n"
    "  sluice apply policy.yaml        make it the one that judges packets\n"
    "  sluice stats --watch            what is passed and dropped, and why\n"
    "  sluice ban 192.0.2.7 --for 10m  keep a source out\n"
    "  sluice panic                    take Sluice off every interface, daemon or no daemon\n\n";

std::size_t edits(std::string_view from, std::string_view to)
{
	std::vector<std::size_t> row(to.size() + 1);
	std::iota(row.begin(), row.end(), std::size_t{0});

	for (std::size_t i = 1; i <= from.size(); i++) {
		std::size_t diagonal = row[0];
		row[0] = i;
		for (std::size_t j = 1; j <= to.size(); j++) {
			const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
			diagonal = row[j];
			row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
		}
	}
	return row.back();
}

// "sluice help VERB" is "sluice VERB --help".
std::vector<std::string> without_help_verb(std::vector<std::string> arguments)
{
	if (!arguments.empty() && arguments[0] == "help") {
		arguments.erase(arguments.begin());
		arguments.emplace_back("--help");
	}
	return arguments;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& words)
{
	std::string best;
	std::size_t fewest = std::max<std::size_t>(word.size() / 3, 1) + 1;

	for (const auto& candidate : words) {
		const bool begins = word.size() >= 2 && candidate.starts_with(word);
		const std::size_t distance = begins ? 0 : edits(word, candidate);
		if (distance < fewest) {
			fewest = distance;
			best = candidate;
		}
	}
	return best;
}

CommandLine::CommandLine() : app_(kOverview, "sluice")
{
	app_.set_version_flag("--version", std::string("sluice ") + SLUICE_VERSION, "print the version");
	app_.set_help_flag("-h,--help", "print this help; `sluice VERB --help` teaches a verb");
	app_.add_option("--socket", globals_.socket, "the daemon's control socket")->capture_default_str()->type_name("PATH");
	app_.add_option("--pins", globals_.pins, "where the pinned maps and links are")->capture_default_str()->type_name("DIR");
	app_.add_flag("--json", globals_.json, "print JSON instead of text");
	app_.require_subcommand(1);
	app_.get_formatter()->column_width(26);
	app_.get_formatter()->label("SUBCOMMAND", "VERB");
	app_.footer(std::string(kFirstSteps) + kExitCodes);
}

CLI::App& CommandLine::add(const Lesson& lesson, Run run)
{
	CLI::App& verb = *app_.add_subcommand(lesson.name, lesson.summary);
	verb.group("Verbs");
	verb.fallthrough();
	verb.set_help_flag("-h,--help", "print this help");
	verb.footer(lesson.text + "\n\nExamples:\n" + lesson.example +
	            "\nBefore or after the verb: --socket PATH, --pins DIR, --json; see `sluice --help`.\n\n" + kExitCodes);
	verb.get_formatter()->column_width(26);
	runs_[&verb] = std::move(run);
	return verb;
}

std::vector<std::string> CommandLine::verbs() const
{
	std::vector<std::string> names;
	for (const CLI::App* verb : app_.get_subcommands(nullptr))
		names.push_back(verb->get_name());
	return names;
}

Error CommandLine::explain(const CLI::Error& error) const
{
	const auto parsed = app_.get_subcommands();
	const std::string help = parsed.empty() ? "see `sluice --help`" : "see `sluice " + parsed[0]->get_name() + " --help`";
	const auto rest = app_.remaining(true);

	if (parsed.empty() && !rest.empty() && !rest[0].starts_with('-')) {
		const std::string meant = nearest(rest[0], verbs());
		return Error(ErrorCode::kInvalid, "there is no verb \"" + rest[0] + "\"",
		             meant.empty() ? help : "did you mean `sluice " + meant + "`?");
	}
	if (parsed.empty() && rest.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
		return Error(ErrorCode::kInvalid, "a verb is missing", help);
	if (!rest.empty())
		return Error(ErrorCode::kInvalid, "\"" + rest[0] + "\" is not understood here", help);
	std::string why = error.what();
	std::replace(why.begin(), why.end(), '\n', ' ');
	return Error(ErrorCode::kInvalid, why, help);
}

Result<std::variant<Run, CommandLine::Answer>> CommandLine::parse(std::vector<std::string> arguments)
{
	using Outcome = std::variant<Run, Answer>;

	arguments = without_help_verb(std::move(arguments));
	std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
	try {
		app_.parse(arguments);
	} catch (const CLI::CallForVersion& version) {
		return Outcome(Answer{std::string(version.what()) + "\n"});
	} catch (const CLI::CallForHelp&) {
		const auto parsed = app_.get_subcommands();
		return Outcome(Answer{parsed.empty() ? app_.help() : parsed[0]->help(app_.get_name())});
	} catch (const CLI::Error& error) {
		return explain(error);
	}
	return Outcome(runs_.at(app_.get_subcommands()[0]));
}

ExitCode run(const std::vector<std::string>& arguments, text::Output& out, text::Output& err)
{
	CommandLine line;
	add_check(line);
	add_test(line);
	add_diff(line);
	add_apply(line);
	add_confirm(line);
	add_promote(line);
	add_rollback(line);
	add_history(line);
	add_status(line);
	add_stats(line);
	add_top(line);
	add_events(line);
	add_ban(line);
	add_unban(line);
	add_bans(line);
	add_allow(line);
	add_deny(line);
	add_forget(line);
	add_overlay(line);
	add_explain(line);
	add_replay(line);
	add_identity(line);
	add_audit(line);
	add_lease(line);
	add_attach(line);
	add_detach(line);
	add_panic(line);

	Context context{line.globals(), out, err};
	auto outcome = line.parse(arguments);
	if (!outcome)
		return fail(context, "usage", outcome.error());
	ExitCode code = ExitCode::kDone;
	if (const auto* answer = std::get_if<CommandLine::Answer>(&*outcome))
		out.write(answer->text);
	else
		code = std::get<Run>(*outcome)(context);
	if (code == ExitCode::kDone && out.failure())
		return fail(context, "output", *out.failure());
	return code;
}

}  // namespace sluice::cli
