#include "dump/report.h"
#include "telemetry/reasons.h"
#include "telemetry/timestamp.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::dump {
namespace {

using text::Align;
using text::Cell;
using text::Colour;
using text::Style;
using text::Table;

Colour colour_of(const std::string& verdict)
{
	if (verdict == "drop" || verdict == "deny")
		return Colour::kRed;
	return verdict == "pass" || verdict == "allow" ? Colour::kGreen : Colour::kNone;
}

std::string named(const std::string& name, bool retired)
{
	return retired ? name + " (retired)" : name;
}

std::string services(const telemetry::Stats& counters, const Style& style)
{
	Table table({{"SERVICE"}, {"REASON"}, {"VERDICT"}, {"PACKETS", Align::kRight}, {"BYTES", Align::kRight}});
	for (const auto& service : counters.services) {
		for (const auto& row : service.reasons) {
			const std::string verdict = telemetry::verdict_name(row.reason);
			table.add({named(service.service, service.retired), telemetry::reason_name(row.reason),
			           Cell(verdict, colour_of(verdict)), style.count(row.count.packets), style.count(row.count.bytes)});
		}
	}
	return table.empty() ? "no packets yet\n" : table.to_string(style);
}

std::string rules(const telemetry::Stats& counters, const Style& style)
{
	Table table({{"RULE"}, {"KIND"}, {"PACKETS", Align::kRight}, {"BYTES", Align::kRight}});
	for (const auto& row : counters.rules) {
		if (row.count.packets != 0)
			table.add({named(row.rule, row.retired), row.kind, style.count(row.count.packets), style.count(row.count.bytes)});
	}
	return table.empty() ? "" : "\n" + table.to_string(style);
}

std::string shadow(const telemetry::ShadowStats& stats, const Style& style)
{
	Table table({{"RUNNING"}, {"CANDIDATE"}, {"PACKETS", Align::kRight}, {"BYTES", Align::kRight}});
	for (const auto& row : stats.pairs)
		table.add({Cell(telemetry::reason_name(row.running), colour_of(telemetry::verdict_name(row.running))),
		           Cell(telemetry::reason_name(row.candidate), colour_of(telemetry::verdict_name(row.candidate))),
		           style.count(row.count.packets), style.count(row.count.bytes)});
	return "\nshadow " + text::printable(stats.path) + " since " + telemetry::timestamp(stats.since_unix_ns) + "\n" +
	       (table.empty() ? "" : table.to_string(style));
}

std::string render(const telemetry::Stats& counters, const Style& style)
{
	return services(counters, style) + rules(counters, style) + (counters.shadow ? shadow(*counters.shadow, style) : "") + "\nevents lost: " + style.count(counters.events_lost) + "\n";
}

std::string render(const std::vector<BanReport>& bans, const Style& style)
{
	Table table({{"PREFIX"}, {"LEFT", Align::kRight}, {"WHY"}});
	for (const auto& ban : bans)
		table.add({ban.prefix.to_string(), ban.remaining_ns ? text::duration(*ban.remaining_ns) : "for ever",
		           text::printable(ban.why)});
	return table.empty() ? "no bans\n" : table.to_string(style);
}

std::string render(const std::vector<OverlayReport>& overlay, const Style& style)
{
	Table table({{"PREFIX"}, {"ACTION"}, {"LEFT", Align::kRight}, {"UID", Align::kRight}, {"WHY"}});
	for (const auto& entry : overlay)
		table.add({entry.prefix.to_string(), Cell(entry.action, colour_of(entry.action)),
		           entry.remaining_ns ? text::duration(*entry.remaining_ns) : "for ever", std::to_string(entry.uid),
		           text::printable(entry.why)});
	return table.empty() ? "no entries\n" : table.to_string(style);
}

std::string render(const std::vector<LeaseReport>& leases, const Style& style)
{
	Table table({{"IDENTITY"}, {"AUTHORITY"}, {"LEASE OF"}, {"LEFT", Align::kRight}, {"ROLES"}});
	for (const auto& lease : leases) {
		std::string roles;
		for (const std::string& role : lease.roles)
			roles += (roles.empty() ? "" : ", ") + role;
		table.add({text::printable(lease.identity), text::printable(lease.authority), lease.binding,
		           text::duration(lease.remaining_ns), roles.empty() ? "-" : roles});
	}
	return table.empty() ? "no leases\n" : table.to_string(style);
}

std::string render(const std::vector<LimitReport>& limits, const Style& style)
{
	Table table({{"LIMIT"},
	             {"UNIT"},
	             {"ALGORITHM"},
	             {"RATE", Align::kRight},
	             {"BURST", Align::kRight},
	             {"KEYS", Align::kRight},
	             {"ROOM", Align::kRight},
	             {"FULLEST", Align::kRight}});
	for (const auto& limit : limits) {
		for (const auto& gauge : limit.gauges)
			table.add({limit.name, dimension_name(gauge.dimension), std::string(net::name_of_algorithm(gauge.algorithm)), gauge.rate.to_string(), style.count(gauge.burst),
			           style.count(gauge.keys_in_use), style.count(gauge.keys),
			           Cell(style.count(gauge.fullest), gauge.fullest >= gauge.burst ? Colour::kRed : Colour::kNone)});
	}
	return table.empty() ? "no limits\n" : table.to_string(style);
}

std::string render(const std::vector<SourceLimit>& limits, const Style& style)
{
	Table table({{"LIMIT"},
	             {"KEY"},
	             {"UNIT"},
	             {"ALGORITHM"},
	             {"RATE", Align::kRight},
	             {"BURST", Align::kRight},
	             {"LEVEL", Align::kRight},
	             {"LEFT", Align::kRight},
	             {"RECOVERED IN", Align::kRight}});
	bool shared = false;
	for (const auto& limit : limits) {
		for (const auto& level : limit.levels) {
			shared = shared || level.shared;
			table.add({limit.name, limit.key, dimension_name(level.dimension),
			           std::string(net::name_of_algorithm(level.algorithm)), level.rate.to_string(), style.count(level.burst),
			           style.count(level.level) + (level.shared ? "*" : ""),
			           Cell(style.count(level.left), level.left == 0 ? Colour::kRed : Colour::kNone),
			           level.recovered_ns == 0 ? "-" : text::duration(level.recovered_ns)});
		}
	}
	if (table.empty())
		return "no limit holds this source\n";
	const char* note = "* its table is crowded there: the source would take over another's level, or wait for it\n";
	return table.to_string(style) + (shared ? note : "");
}

std::string failsafe_entries(std::uint64_t bits)
{
	std::string text;
	for (unsigned entry = 0; entry < SLUICE_MAX_FAILSAFE; entry++) {
		if (bits >> entry & 1)
			text += (text.empty() ? "failsafe/" : ", failsafe/") + std::to_string(entry + 1);
	}
	return text.empty() ? "-" : text;
}

std::string render(const std::vector<SourceRange>& sources, const Style& style)
{
	Table table({{"FIRST"}, {"LAST"}, {"LIST"}, {"ACTION"}, {"LIMIT"}, {"FAILSAFE"}});
	for (const auto& range : sources)
		table.add({range.first.to_string(), range.last.to_string(), range.list, Cell(range.action, colour_of(range.action)),
		           range.limit, failsafe_entries(range.failsafe)});
	return table.empty() ? "no list names any source\n" : table.to_string(style);
}

}  // namespace

std::string to_text(const Report& report, const Style& style)
{
	std::vector<std::pair<std::string, std::string>> parts;
	if (report.counters)
		parts.emplace_back("Counters", render(*report.counters, style));
	if (report.bans)
		parts.emplace_back("Bans", render(*report.bans, style));
	if (report.overlay)
		parts.emplace_back("Overlay", render(*report.overlay, style));
	if (report.leases)
		parts.emplace_back("Leases", render(*report.leases, style));
	if (report.limits)
		parts.emplace_back("Limits", render(*report.limits, style));
	if (report.source_limits)
		parts.emplace_back("Limits of " + report.source->to_string(), render(*report.source_limits, style));
	if (report.sources)
		parts.emplace_back("Sources", render(*report.sources, style));
	if (parts.size() == 1)
		return parts[0].second;

	std::string out = "generation " + std::to_string(report.generation) + "\n";
	for (const auto& [name, body] : parts)
		out += "\n" + style.paint(Colour::kBold, name) + "\n" + body;
	return out;
}

}  // namespace sluice::dump
