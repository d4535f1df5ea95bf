#include "telemetry/stats.h"

#include <algorithm>
#include <map>

#include "telemetry/names.h"
#include "telemetry/reasons.h"

namespace sluice::telemetry {
namespace {

bool retired(std::span<const sluice_name> names, std::size_t number)
{
	return number >= names.size() || names[number].retired != 0;
}

bool named(std::span<const sluice_name> names, std::size_t number)
{
	return number < names.size() && names[number].text[0] != '\0';
}

std::vector<ServiceStats> sum_services(const datapath::Counters& counters, std::span<const sluice_name> names)
{
	std::map<std::size_t, ServiceStats> by_slot;
	for (std::size_t slot = 0; slot < names.size(); slot++) {
		if (named(names, slot))
			by_slot[slot];
	}
	for (const auto& row : counters.by_service) {
		ServiceStats& service = by_slot[row.service];
		const Count count{row.value.packets, row.value.bytes};
		service.total += count;
		(sluice_reason_passes(row.reason) ? service.passed : service.dropped) += count;
		if (count != Count{})
			service.reasons.push_back({row.reason, count});
	}

	std::vector<ServiceStats> out;
	for (auto& [slot, service] : by_slot) {
		service.service = name_of(names, static_cast<std::uint32_t>(slot));
		service.retired = retired(names, slot) && slot >= SLUICE_SERVICE_FIRST;
		std::ranges::sort(service.reasons, {}, &ReasonCount::reason);
		out.push_back(std::move(service));
	}
	return out;
}

std::vector<RuleStats> sum_rules(const datapath::Counters& counters, std::span<const sluice_name> names)
{
	std::map<std::size_t, RuleStats> by_number;
	for (std::size_t number = 1; number < names.size(); number++) {
		if (named(names, number))
			by_number[number];
	}
	for (const auto& row : counters.by_rule) {
		if (row.rule != 0)
			by_number[row.rule].count += {row.value.packets, row.value.bytes};
	}

	std::vector<RuleStats> out;
	for (auto& [number, rule] : by_number) {
		rule.rule = name_of(names, static_cast<std::uint32_t>(number));
		rule.kind = rule_kind_name(number < names.size() ? names[number].kind : 0u);
		rule.retired = retired(names, number);
		out.push_back(std::move(rule));
	}
	return out;
}

nlohmann::json reasons_json(const std::vector<ReasonCount>& reasons)
{
	nlohmann::json out = nlohmann::json::array();
	for (const auto& row : reasons) {
		out.push_back({{"reason", reason_name(row.reason)},
		               {"verdict", verdict_name(row.reason)},
		               {"packets", row.count.packets},
		               {"bytes", row.count.bytes}});
	}
	return out;
}

}  // namespace

Stats sum(const datapath::Counters& counters, std::span<const sluice_name> services, std::span<const sluice_name> rules)
{
	Stats out;
	std::map<std::uint32_t, Count> by_reason;
	for (const auto& reason : reasons())
		by_reason[reason.number];
	for (const auto& row : counters.by_service)
		by_reason[row.reason] += {row.value.packets, row.value.bytes};

	for (const auto& [reason, count] : by_reason) {
		out.total += count;
		(sluice_reason_passes(reason) ? out.passed : out.dropped) += count;
		out.reasons.push_back({reason, count});
	}
	out.events_lost = counters.events_lost;
	out.services = sum_services(counters, services);
	out.rules = sum_rules(counters, rules);
	return out;
}

nlohmann::json to_json(const Stats& stats)
{
	nlohmann::json services = nlohmann::json::array();
	for (const auto& row : stats.services) {
		services.push_back({{"service", row.service},
		                    {"retired", row.retired},
		                    {"packets", row.total.packets},
		                    {"bytes", row.total.bytes},
		                    {"passed", to_json(row.passed)},
		                    {"dropped", to_json(row.dropped)},
		                    {"reasons", reasons_json(row.reasons)}});
	}
	nlohmann::json rules = nlohmann::json::array();
	for (const auto& row : stats.rules) {
		rules.push_back({{"rule", row.rule},
		                 {"kind", row.kind},
		                 {"retired", row.retired},
		                 {"packets", row.count.packets},
		                 {"bytes", row.count.bytes}});
	}
	return {{"packets", stats.total.packets},
	        {"bytes", stats.total.bytes},
	        {"events_lost", stats.events_lost},
	        {"reasons", reasons_json(stats.reasons)},
	        {"services", std::move(services)},
	        {"rules", std::move(rules)},
	        {"shadow", stats.shadow ? to_json(*stats.shadow) : nlohmann::json()}};
}

}  // namespace sluice::telemetry
