#include "cli/top_screen.h"

#include <algorithm>

#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

using control::Json;
using text::Align;
using text::Cell;
using text::Colour;
using text::Style;
using text::Table;

template <typename Row>
Row earlier(const std::vector<Row>& rows, const std::string& name)
{
	const auto found = std::ranges::find(rows, name, &Row::name);
	return found == rows.end() ? Row{} : *found;
}

std::vector<Top::Verdict> verdicts(const Counters& now, const Before& before, std::size_t rows)
{
	std::vector<Top::Verdict> out;
	for (const auto& reason : now.reasons) {
		const Count was = earlier(before.counters.reasons, reason.name).count;
		const double packets = per_second(reason.count.packets, was.packets, before.seconds);
		if (packets > 0)
			out.push_back({reason.name, reason.verdict, packets, 8 * per_second(reason.count.bytes, was.bytes, before.seconds)});
	}
	std::ranges::stable_sort(out, std::ranges::greater(), &Top::Verdict::packets_per_second);
	out.resize(std::min(out.size(), rows));
	return out;
}

std::vector<Top::Service> services(const Counters& now, const Before& before, std::size_t rows)
{
	std::vector<Top::Service> out;
	for (const auto& service : now.services) {
		const auto was = earlier(before.counters.services, service.name);
		const double passed = per_second(service.passed.packets, was.passed.packets, before.seconds);
		const double dropped = per_second(service.dropped.packets, was.dropped.packets, before.seconds);
		if (passed + dropped > 0)
			out.push_back({service.name, passed, dropped});
	}
	std::ranges::stable_sort(out, [](const auto& a, const auto& b) {
		return std::pair(a.dropped_per_second, a.passed_per_second) > std::pair(b.dropped_per_second, b.passed_per_second);
	});
	out.resize(std::min(out.size(), rows));
	return out;
}

std::string section(const Table& table, const Style& style)
{
	return table.empty() ? "" : "\n" + table.to_string(style);
}

std::string talkers_table(const char* heading, const std::vector<Talker>& talkers, std::uint64_t drops, const Style& style)
{
	Table table({{heading}, {"OF SAMPLED DROPS", Align::kRight}, {"MOSTLY"}});
	for (const Talker& talker : talkers)
		table.add({text::printable(talker.name), std::to_string(100 * talker.drops / drops) + " %", text::printable(talker.reason)});
	return section(table, style);
}

Json talkers_json(const std::vector<Talker>& talkers)
{
	Json out = Json::array();
	for (const Talker& talker : talkers)
		out.push_back({{"name", talker.name}, {"sampled_drops", talker.drops}, {"reason", talker.reason}});
	return out;
}

}  // namespace

Top top_of(const Counters& now, const Before& before, const Talkers& talkers, std::size_t rows)
{
	Top top;
	top.packets_per_second = per_second(now.total.packets, before.counters.total.packets, before.seconds);
	top.bits_per_second = 8 * per_second(now.total.bytes, before.counters.total.bytes, before.seconds);
	top.verdicts = verdicts(now, before, rows);
	top.services = services(now, before, rows);
	top.sampled_drops = talkers.drops();
	top.sources = talkers.sources(rows);
	top.identities = talkers.identities(rows);
	return top;
}

std::string render(const Top& top, const Style& style)
{
	Table verdicts({{"REASON"}, {"VERDICT"}, {"PACKETS/S", Align::kRight}, {"BITS/S", Align::kRight}});
	for (const auto& each : top.verdicts)
		verdicts.add({text::printable(each.reason), Cell(text::printable(each.verdict), each.verdict == "drop" ? Colour::kRed : Colour::kGreen),
			      text::scaled(each.packets_per_second), text::scaled(each.bits_per_second)});
	Table services({{"SERVICE"}, {"DROPPED/S", Align::kRight}, {"PASSED/S", Align::kRight}});
	for (const auto& each : top.services)
		services.add({text::printable(each.name), text::scaled(each.dropped_per_second), text::scaled(each.passed_per_second)});
	return text::scaled(top.packets_per_second) + " packets/s, " + text::bit_rate(top.bits_per_second) + "; " +
	       text::counted(top.sampled_drops, "drop", "drops") + " sampled\n" + section(verdicts, style) + section(services, style) +
	       talkers_table("SOURCE", top.sources, top.sampled_drops, style) +
	       talkers_table("IDENTITY", top.identities, top.sampled_drops, style);
}

Json to_json(const Top& top)
{
	Json verdicts = Json::array(), services = Json::array();
	for (const auto& each : top.verdicts)
		verdicts.push_back({{"reason", each.reason},
				    {"verdict", each.verdict},
				    {"packets_per_second", each.packets_per_second},
				    {"bits_per_second", each.bits_per_second}});
	for (const auto& each : top.services)
		services.push_back({{"service", each.name},
				    {"passed_per_second", each.passed_per_second},
				    {"dropped_per_second", each.dropped_per_second}});
	return {{"packets_per_second", top.packets_per_second},
		{"bits_per_second", top.bits_per_second},
		{"verdicts", verdicts},
		{"services", services},
		{"sampled_drops", top.sampled_drops},
		{"sources", talkers_json(top.sources)},
		{"identities", talkers_json(top.identities)}};
}

}  // namespace sluice::cli
