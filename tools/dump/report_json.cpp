#include <nlohmann/json.hpp>

#include "dump/report.h"
#include "telemetry/timestamp.h"

namespace sluice::dump {
namespace {

using Json = nlohmann::ordered_json;

Json rate_json(const net::Rate& rate)
{
	return {{"count", rate.count}, {"period_seconds", rate.period_seconds}};
}

Json json_of(const std::vector<BanReport>& bans)
{
	Json list = Json::array();
	for (const auto& ban : bans)
		list.push_back({{"prefix", ban.prefix.to_string()},
		                {"created_at", telemetry::timestamp(ban.created_unix_ns)},
		                {"remaining_ns", ban.remaining_ns ? Json(*ban.remaining_ns) : Json(nullptr)},
		                {"why", ban.why}});
	return list;
}

Json json_of(const std::vector<OverlayReport>& overlay)
{
	Json list = Json::array();
	for (const auto& entry : overlay)
		list.push_back({{"prefix", entry.prefix.to_string()},
		                {"action", entry.action},
		                {"created_at", telemetry::timestamp(entry.created_unix_ns)},
		                {"remaining_ns", entry.remaining_ns ? Json(*entry.remaining_ns) : Json(nullptr)},
		                {"uid", entry.uid},
		                {"why", entry.why}});
	return list;
}

Json json_of(const std::vector<LeaseReport>& leases)
{
	Json list = Json::array();
	for (const auto& lease : leases)
		list.push_back({{"identity", lease.identity},
		                {"authority", lease.authority},
		                {"binding", lease.binding},
		                {"remaining_ns", lease.remaining_ns},
		                {"roles", lease.roles}});
	return list;
}

Json json_of(const std::vector<LimitReport>& limits)
{
	Json list = Json::array();
	for (const auto& limit : limits) {
		for (const auto& gauge : limit.gauges)
			list.push_back({{"limit", limit.name},
			                {"scope", scope_name(limit.scope)},
			                {"unit", dimension_name(gauge.dimension)},
			                {"algorithm", net::name_of_algorithm(gauge.algorithm)},
			                {"rate", rate_json(gauge.rate)},
			                {"burst", gauge.burst},
			                {"keys_in_use", gauge.keys_in_use},
			                {"keys", gauge.keys},
			                {"fullest", gauge.fullest}});
	}
	return list;
}

Json json_of(const std::vector<SourceLimit>& limits)
{
	Json list = Json::array();
	for (const auto& limit : limits) {
		for (const auto& level : limit.levels)
			list.push_back({{"limit", limit.name},
			                {"scope", scope_name(limit.scope)},
			                {"key", limit.key},
			                {"unit", dimension_name(level.dimension)},
			                {"algorithm", net::name_of_algorithm(level.algorithm)},
			                {"rate", rate_json(level.rate)},
			                {"burst", level.burst},
			                {"level", level.level},
			                {"left", level.left},
			                {"recovered_ns", level.recovered_ns},
			                {"shared", level.shared}});
	}
	return list;
}

Json failsafe_json(std::uint64_t bits)
{
	Json entries = Json::array();
	for (unsigned entry = 0; entry < SLUICE_MAX_FAILSAFE; entry++) {
		if (bits >> entry & 1)
			entries.push_back("failsafe/" + std::to_string(entry + 1));
	}
	return entries;
}

Json name_json(const std::string& name)
{
	return name == "-" ? Json(nullptr) : Json(name);
}

Json json_of(const std::vector<SourceRange>& sources)
{
	Json list = Json::array();
	for (const auto& range : sources)
		list.push_back({{"first", range.first.to_string()},
		                {"last", range.last.to_string()},
		                {"list", name_json(range.list)},
		                {"action", name_json(range.action)},
		                {"limit", name_json(range.limit)},
		                {"failsafe", failsafe_json(range.failsafe)}});
	return list;
}

}  // namespace

std::string to_json(const Report& report)
{
	Json object = {{"generation", report.generation}};
	if (report.source)
		object["source"] = report.source->to_string();
	if (report.counters)
		object["counters"] = telemetry::to_json(*report.counters);
	if (report.bans)
		object["bans"] = json_of(*report.bans);
	if (report.overlay)
		object["overlay"] = json_of(*report.overlay);
	if (report.leases)
		object["leases"] = json_of(*report.leases);
	if (report.limits)
		object["limits"] = json_of(*report.limits);
	if (report.source_limits)
		object["limits"] = json_of(*report.source_limits);
	if (report.sources)
		object["sources"] = json_of(*report.sources);
	return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::dump
