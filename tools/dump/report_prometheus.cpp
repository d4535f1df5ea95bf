#include <cmath>
#include <cstdio>
#include <map>

#include "dump/report.h"
#include "telemetry/prometheus.h"

namespace sluice::dump {
namespace {

using telemetry::Metric;
using Labels = Metric::Labels;

std::string write(const std::vector<BanReport>& bans)
{
	Metric metric("sluice_bans", "gauge", "Bans that stand.");
	metric.add({}, bans.size());
	return metric.text();
}

std::string write(const std::vector<OverlayReport>& overlay)
{
	std::map<std::string, std::uint64_t> by_action{{"allow", 0}, {"deny", 0}};
	for (const auto& entry : overlay)
		by_action[entry.action]++;
	Metric metric("sluice_overlay_entries", "gauge", "Entries of the overlay that stand, by action.");
	for (const auto& [action, count] : by_action)
		metric.add({{"action", action}}, count);
	return metric.text();
}

std::string write(const std::vector<LeaseReport>& leases)
{
	std::map<std::string, std::uint64_t> by_authority;
	for (const auto& lease : leases)
		by_authority[lease.authority]++;
	Metric metric("sluice_leases", "gauge", "Leases in force by the authority that vouches for their identity.");
	for (const auto& [authority, count] : by_authority)
		metric.add({{"authority", authority}}, count);
	return metric.text();
}

std::string rate_text(const net::Rate& rate)
{
	char text[32];
	std::snprintf(text, sizeof(text), "%.10g", rate.per_second());
	return text;
}

std::string write(const std::vector<LimitReport>& limits)
{
	Metric rate("sluice_limit_rate", "gauge", "Configured rate per second.");
	Metric burst("sluice_limit_burst", "gauge", "Configured burst.");
	Metric keys("sluice_limit_keys", "gauge", "Keys whose bucket is not empty.");
	Metric fullest("sluice_limit_fullest", "gauge", "Highest level of any key.");
	for (const auto& limit : limits) {
		for (const auto& gauge : limit.gauges) {
			const Labels labels{{"limit", limit.name}, {"unit", dimension_name(gauge.dimension)}};
			rate.add(labels, rate_text(gauge.rate));
			burst.add(labels, gauge.burst);
			keys.add(labels, gauge.keys_in_use);
			fullest.add(labels, gauge.fullest);
		}
	}
	return rate.text() + burst.text() + keys.text() + fullest.text();
}

std::string write(const net::Address& source, const std::vector<SourceLimit>& limits)
{
	Metric level("sluice_source_level", "gauge", "Level of one source in a limit.");
	Metric left("sluice_source_left", "gauge", "What one source has left in a limit.");
	for (const auto& limit : limits) {
		for (const auto& row : limit.levels) {
			const Labels labels{{"source", source.to_string()}, {"limit", limit.name}, {"unit", dimension_name(row.dimension)}};
			level.add(labels, row.level);
			left.add(labels, row.left);
		}
	}
	return level.text() + left.text();
}

std::string write(const std::vector<SourceRange>& sources)
{
	std::map<std::pair<std::string, std::string>, std::uint64_t> ranges;
	for (const auto& range : sources)
		ranges[{range.list, range.action}]++;
	Metric metric("sluice_source_ranges", "gauge", "Ranges of source addresses by list and action.");
	for (const auto& [key, count] : ranges)
		metric.add({{"list", key.first}, {"action", key.second}}, count);
	return metric.text();
}

}  // namespace

std::string to_prometheus(const Report& report)
{
	Metric generation("sluice_generation", "gauge", "Generation of the policy that judges packets.");
	generation.add({}, report.generation);
	std::string out = generation.text();
	if (report.counters)
		out += telemetry::to_prometheus(*report.counters);
	if (report.bans)
		out += write(*report.bans);
	if (report.overlay)
		out += write(*report.overlay);
	if (report.leases)
		out += write(*report.leases);
	if (report.limits)
		out += write(*report.limits);
	if (report.source_limits)
		out += write(*report.source, *report.source_limits);
	if (report.sources)
		out += write(*report.sources);
	return out;
}

}  // namespace sluice::dump
