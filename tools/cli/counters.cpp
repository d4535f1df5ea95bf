#include "cli/counters.h"

#include <algorithm>

#include "control/reader.h"
#include "sluice/abi/verdict.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

using control::Json;
using control::Reader;
using text::Align;
using text::Cell;
using text::Colour;
using text::Style;
using text::Table;

Count count_of(Reader& reader)
{
	return {reader.count("packets"), reader.count("bytes")};
}

Result<Count> parse_count(const Json& json)
{
	Reader reader(json, "stats");
	const Count count = count_of(reader);
	if (const auto error = reader.error())
		return *error;
	return count;
}

// What grew since; a counter that went back started anew.
std::uint64_t grown(std::uint64_t now, std::uint64_t before)
{
	return now >= before ? now - before : now;
}

template <typename Row>
const Row* find(const std::vector<Row>& rows, const Row& like)
{
	const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == like.name; });
	return found == rows.end() ? nullptr : &*found;
}

std::string rate(std::uint64_t now, std::uint64_t before, double seconds, double scale = 1)
{
	return text::scaled(per_second(now, before, seconds) * scale);
}

void add_rates(std::vector<Cell>& row, const Count& now, const Count& before, double seconds)
{
	row.push_back(rate(now.packets, before.packets, seconds));
	row.push_back(rate(now.bytes, before.bytes, seconds, 8));
}

std::string named(const std::string& name, bool retired)
{
	return text::printable(name) + (retired ? " (retired)" : "");
}

std::vector<text::Column> with_rates(std::vector<text::Column> columns, bool rates, const std::vector<text::Column>& more)
{
	if (rates)
		columns.insert(columns.end(), more.begin(), more.end());
	return columns;
}

const std::vector<text::Column> kRateColumns{{"PACKETS/S", Align::kRight}, {"BITS/S", Align::kRight}};

// The reasons that were counted, and with `all` those that were not.
std::vector<Counters::Reason> shown_reasons(const Counters& counters, bool all)
{
	std::vector<Counters::Reason> reasons;
	for (const auto& reason : counters.reasons) {
		if (all || reason.count.packets > 0)
			reasons.push_back(reason);
	}
	if (!all)
		return reasons;
	const auto add = [&](const char* name, std::uint32_t number) {
		const Counters::Reason reason{.name = name, .verdict = sluice_reason_passes(number) ? "pass" : "drop"};
		if (find(reasons, reason) == nullptr)
			reasons.push_back(reason);
	};
#define SLUICE_REASON(number, identifier, name, verdict, sentence) add(name, number);
#include "sluice/abi/reasons.def"
#undef SLUICE_REASON
	return reasons;
}

std::string reasons_table(const Counters& counters, const std::optional<Before>& before, bool all, const Style& style)
{
	Table table(with_rates({{"REASON"}, {"VERDICT"}, {"PACKETS", Align::kRight}, {"BYTES", Align::kRight}},
	                       before.has_value(), kRateColumns));
	for (const auto& reason : shown_reasons(counters, all)) {
		const Colour colour = reason.verdict == "drop" ? Colour::kRed : Colour::kGreen;
		std::vector<Cell> row{text::printable(reason.name), Cell(text::printable(reason.verdict), colour),
		                      style.count(reason.count.packets), style.count(reason.count.bytes)};
		if (before) {
			const auto* earlier = find(before->counters.reasons, reason);
			add_rates(row, reason.count, earlier ? earlier->count : Count{}, before->seconds);
		}
		table.add(std::move(row));
	}
	return table.empty() ? "" : "\n" + table.to_string(style);
}

std::string services_table(const Counters& counters, const std::optional<Before>& before, bool all, const Style& style)
{
	Table table(with_rates({{"SERVICE"}, {"PASSED", Align::kRight}, {"DROPPED", Align::kRight}, {"BYTES", Align::kRight}},
	                       before.has_value(), {{"PASSED/S", Align::kRight}, {"DROPPED/S", Align::kRight}}));
	for (const auto& service : counters.services) {
		if (!all && (service.retired || service.passed.packets + service.dropped.packets == 0))
			continue;
		std::vector<Cell> row{named(service.name, service.retired), style.count(service.passed.packets),
		                      style.count(service.dropped.packets), style.count(service.passed.bytes + service.dropped.bytes)};
		if (before) {
			const auto* found = find(before->counters.services, service);
			const Counters::Service earlier = found ? *found : Counters::Service{};
			row.push_back(rate(service.passed.packets, earlier.passed.packets, before->seconds));
			row.push_back(rate(service.dropped.packets, earlier.dropped.packets, before->seconds));
		}
		table.add(std::move(row));
	}
	return table.empty() ? "" : "\n" + table.to_string(style);
}

std::string rules_table(const Counters& counters, const std::optional<Before>& before, bool all, const Style& style)
{
	Table table(with_rates({{"RULE"}, {"KIND"}, {"PACKETS", Align::kRight}, {"BYTES", Align::kRight}}, before.has_value(),
	                       kRateColumns));
	for (const auto& rule : counters.rules) {
		if (!all && (rule.retired || rule.count.packets == 0))
			continue;
		std::vector<Cell> row{named(rule.name, rule.retired), text::printable(rule.kind), style.count(rule.count.packets),
		                      style.count(rule.count.bytes)};
		if (before) {
			const auto* earlier = find(before->counters.rules, rule);
			add_rates(row, rule.count, earlier ? earlier->count : Count{}, before->seconds);
		}
		table.add(std::move(row));
	}
	return table.empty() ? "" : "\n" + table.to_string(style);
}

}  // namespace

double per_second(std::uint64_t now, std::uint64_t before, double seconds)
{
	return static_cast<double>(grown(now, before)) / seconds;
}

Result<Counters> parse_counters(const Json& json)
{
	Counters out;
	Reader reader(json, "stats");
	out.total = count_of(reader);
	out.events_lost = reader.count("events_lost");
	for (const auto& item : reader.array("reasons")) {
		Reader row(item, "stats: reason");
		out.reasons.push_back({.name = row.text("reason"), .verdict = row.text("verdict"), .count = count_of(row)});
		if (const auto error = row.error())
			return *error;
	}
	for (const auto& item : reader.array("services")) {
		Reader row(item, "stats: service");
		Counters::Service service{.name = row.text("service"), .retired = row.flag("retired")};
		SLUICE_TRY_ASSIGN(service.passed, parse_count(row.object("passed")));
		SLUICE_TRY_ASSIGN(service.dropped, parse_count(row.object("dropped")));
		if (const auto error = row.error())
			return *error;
		out.services.push_back(std::move(service));
	}
	for (const auto& item : reader.array("rules")) {
		Reader row(item, "stats: rule");
		out.rules.push_back(
		    {.name = row.text("rule"), .kind = row.text("kind"), .retired = row.flag("retired"), .count = count_of(row)});
		if (const auto error = row.error())
			return *error;
	}
	if (const Json* shadow = reader.optional_object("shadow")) {
		SLUICE_TRY_ASSIGN(out.shadow, parse_shadow_counters(*shadow));
	}
	if (const auto error = reader.error())
		return *error;
	return out;
}

std::string render(const Counters& counters, const std::optional<Before>& before, bool all, const Style& style)
{
	std::string total = text::counted(counters.total.packets, "packet", "packets") + ", " + text::bytes(counters.total.bytes);
	if (before)
		total += "; " + rate(counters.total.packets, before->counters.total.packets, before->seconds) + " packets/s, " +
		         text::bit_rate(8 * per_second(counters.total.bytes, before->counters.total.bytes, before->seconds));
	if (counters.events_lost > 0)
		total += "; " + text::counted(counters.events_lost, "event", "events") + " lost";
	return total + "\n" + reasons_table(counters, before, all, style) + services_table(counters, before, all, style) +
	       rules_table(counters, before, all, style) + (counters.shadow ? render(*counters.shadow, all, style) : "");
}

}  // namespace sluice::cli
