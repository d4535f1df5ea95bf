#include "cli/shadow_counters.h"

#include "control/reader.h"
#include "telemetry/timestamp.h"
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

// What would become of such a packet instead.
Cell instead(const ShadowCounters::Pair& pair)
{
	if (pair.running_passes == pair.candidate_passes)
		return pair.running_passes ? "passes too" : "dropped too";
	return pair.candidate_passes ? Cell("would pass", Colour::kGreen) : Cell("would drop", Colour::kRed);
}

std::string pairs_table(const ShadowCounters& counters, bool all, const Style& style)
{
	Table table({{"RUNNING"}, {"CANDIDATE"}, {"VERDICT"}, {"PACKETS", Align::kRight}, {"BYTES", Align::kRight}});
	for (const auto& pair : counters.pairs) {
		if (all || pair.running != pair.candidate)
			table.add({text::printable(pair.running), text::printable(pair.candidate), instead(pair), style.count(pair.packets),
			           style.count(pair.bytes)});
	}
	return table.empty() ? "" : "\n" + table.to_string(style);
}

std::string services_table(const ShadowCounters& counters, bool all, const Style& style)
{
	Table table({{"SERVICE"}, {"WOULD DROP", Align::kRight}, {"WOULD PASS", Align::kRight}, {"AGREED", Align::kRight}});
	for (const auto& row : counters.services) {
		if (all || row.would_drop + row.would_pass > 0)
			table.add({text::printable(row.name), style.count(row.would_drop), style.count(row.would_pass), style.count(row.agreed)});
	}
	return table.empty() ? "" : "\n" + table.to_string(style);
}

Result<std::uint64_t> packets_of(const Json& json)
{
	Reader reader(json, "stats: shadow");
	const std::uint64_t packets = reader.count("packets");
	if (const auto error = reader.error())
		return *error;
	return packets;
}

Result<ShadowCounters::Service> parse_service(const Json& json)
{
	Reader reader(json, "stats: shadow: service");
	ShadowCounters::Service service{.name = reader.text("service")};
	SLUICE_TRY_ASSIGN(service.agreed, packets_of(reader.object("agreed")));
	SLUICE_TRY_ASSIGN(service.would_drop, packets_of(reader.object("would_drop")));
	SLUICE_TRY_ASSIGN(service.would_pass, packets_of(reader.object("would_pass")));
	if (const auto error = reader.error())
		return *error;
	return service;
}

Result<ShadowCounters::Pair> parse_pair(const Json& json)
{
	Reader reader(json, "stats: shadow: pair");
	ShadowCounters::Pair pair;
	pair.running = reader.text("running");
	pair.candidate = reader.text("candidate");
	pair.running_passes = reader.text("running_verdict") == "pass";
	pair.candidate_passes = reader.text("candidate_verdict") == "pass";
	pair.packets = reader.count("packets");
	pair.bytes = reader.count("bytes");
	if (const auto error = reader.error())
		return *error;
	return pair;
}

}  // namespace

Result<ShadowCounters> parse_shadow_counters(const Json& json)
{
	ShadowCounters out;
	SLUICE_TRY_ASSIGN(out.shadow, control::parse_shadow(json));
	Reader reader(json, "stats: shadow");
	SLUICE_TRY_ASSIGN(out.missed, packets_of(reader.object("missed")));
	for (const auto& item : reader.array("pairs")) {
		SLUICE_TRY_ASSIGN(auto pair, parse_pair(item));
		out.pairs.push_back(std::move(pair));
	}
	for (const auto& item : reader.array("services")) {
		SLUICE_TRY_ASSIGN(auto service, parse_service(item));
		out.services.push_back(std::move(service));
	}
	if (const auto error = reader.error())
		return *error;
	return out;
}

std::string render(const ShadowCounters& counters, bool all, const Style& style)
{
	std::uint64_t judged = 0, would_drop = 0, would_pass = 0;
	for (const auto& pair : counters.pairs) {
		judged += pair.packets;
		if (pair.running_passes != pair.candidate_passes)
			(pair.running_passes ? would_drop : would_pass) += pair.packets;
	}
	std::string out = "\nshadow " + text::printable(counters.shadow.path) + " since " +
	                  telemetry::timestamp(counters.shadow.since_unix_ns) + ": " + text::counted(judged, "packet", "packets") +
	                  " judged by both, " + style.count(would_drop) + " it would drop, " + style.count(would_pass) + " it would let pass";
	if (counters.missed > 0)
		out += "; " + text::counted(counters.missed, "packet", "packets") + " never reached it";
	return out + "\n" + pairs_table(counters, all, style) + services_table(counters, all, style);
}

}  // namespace sluice::cli
