#include "dump/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace sluice::dump {
namespace {

constexpr const char* kAbout =
    "Reads what Sluice keeps in the kernel, straight from the pinned maps: it asks the\n"
    "daemon nothing, changes nothing, and works when the daemon is dead. Needs root.\n";

constexpr const char* kTeaching =
    "Tables:\n"
    "  counters   packets and bytes by service and reason, and by list, failsafe entry, limit\n"
    "  bans       prefixes, how long they still stand, and why\n"
    "  overlay    what `sluice allow` and `sluice deny` said, how long it still stands, who said it and why\n"
    "  leases     identities, the flows and addresses that are theirs, and until when\n"
    "  limits     rates and bursts, keys in use, the fullest level\n"
    "  sources    every range of source addresses with its list, action and limit, and the overlay\n"
    "Without a table: counters, bans, overlay, leases and limits.\n\n"
    "Examples:\n"
    "  sluice-dump counters                       what was passed and dropped, and why\n"
    "  sluice-dump limits --source 192.0.2.7      what this client has left of its limits\n"
    "  sluice-dump sources --source 192.0.2.7     which list names it\n"
    "  sluice-dump --prometheus > sluice.prom     for the textfile collector\n\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  the maps could not be read\n"
    "  2  the command is wrong\n";

Wanted wanted_tables(const std::string& table)
{
	const bool usual = table.empty();
	return {.counters = usual || table == "counters",
	        .bans = usual || table == "bans",
	        .leases = usual || table == "leases",
	        .limits = usual || table == "limits",
	        .sources = table == "sources",
	        .overlay = usual || table == "overlay" || table == "sources"};
}

Error usage(std::string why)
{
	std::replace(why.begin(), why.end(), '\n', ' ');
	return Error(ErrorCode::kInvalid, why, "see `sluice-dump --help`");
}

}  // namespace

Result<std::variant<Options, Answer>> parse_options(std::vector<std::string> arguments)
{
	using Outcome = std::variant<Options, Answer>;

	Options options;
	std::string table;
	std::string source;
	bool json = false;
	bool prometheus = false;
	CLI::App app(kAbout, "sluice-dump");
	app.set_version_flag("--version", std::string("sluice-dump ") + SLUICE_VERSION, "print the version");
	app.set_help_flag("-h,--help", "print this help");
	app.add_option("--pins", options.pins, "where the maps are pinned")->capture_default_str();
	auto* json_flag = app.add_flag("--json", json, "print one JSON object");
	app.add_flag("--prometheus", prometheus, "print metrics in the Prometheus text format")->excludes(json_flag);
	app.add_option("--source", source, "print what concerns one source")->type_name("ADDRESS");
	app.add_option("table", table, "counters, bans, overlay, leases, limits or sources")->type_name("");
	app.footer(kTeaching);

	std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
	try {
		app.parse(arguments);
	} catch (const CLI::CallForVersion& version) {
		return Outcome(Answer{std::string(version.what()) + "\n"});
	} catch (const CLI::CallForHelp&) {
		return Outcome(Answer{app.help()});
	} catch (const CLI::ExtrasError&) {
		return usage("\"" + app.remaining().front() + "\" is not understood here");
	} catch (const CLI::Error& error) {
		return usage(error.what());
	}

	const std::vector<std::string> tables{"", "counters", "bans", "overlay", "leases", "limits", "sources"};
	if (std::find(tables.begin(), tables.end(), table) == tables.end())
		return usage("there is no table \"" + table + "\": counters, bans, overlay, leases, limits and sources are");
	options.wanted = wanted_tables(table);
	if (!source.empty()) {
		SLUICE_TRY_ASSIGN(options.wanted.source, net::Address::parse(source));
		// Counters are not kept by source; what is, stands together.
		if (table.empty())
			options.wanted = {.bans = true, .leases = true, .limits = true, .sources = true, .overlay = true, .source = options.wanted.source};
		if (table == "counters")
			return usage("counters are not kept by source");
	}
	options.format = json ? Format::kJson : prometheus ? Format::kPrometheus : Format::kText;
	return Outcome(options);
}

}  // namespace sluice::dump
