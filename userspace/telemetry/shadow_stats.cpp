#include "telemetry/shadow_stats.h"

#include <map>

#include "telemetry/names.h"
#include "telemetry/prometheus.h"
#include "telemetry/reasons.h"
#include "telemetry/timestamp.h"

namespace sluice::telemetry {
namespace {

Count count_of(const sluice_counter& counter)
{
	return {counter.packets, counter.bytes};
}

Count& place_in(Outcomes& outcomes, bool running_passes, bool candidate_passes)
{
	if (running_passes == candidate_passes)
		return outcomes.agreed;
	return running_passes ? outcomes.would_drop : outcomes.would_pass;
}

void add_to(nlohmann::json& json, const Outcomes& outcomes)
{
	json["agreed"] = to_json(outcomes.agreed);
	json["would_drop"] = to_json(outcomes.would_drop);
	json["would_pass"] = to_json(outcomes.would_pass);
}

}  // namespace

ShadowStats sum(const datapath::ShadowCounters& counters, std::span<const sluice_name> services)
{
	ShadowStats out;
	out.missed = count_of(counters.missed);
	for (const auto& row : counters.pairs) {
		out.pairs.push_back({row.running, row.candidate, count_of(row.value)});
		place_in(out.outcomes, sluice_reason_passes(row.running), sluice_reason_passes(row.candidate)) += count_of(row.value);
	}
	std::map<std::uint32_t, Outcomes> by_slot;
	for (const auto& row : counters.by_service)
		place_in(by_slot[row.service], row.running_passes, row.candidate_passes) += count_of(row.value);
	for (const auto& [slot, outcomes] : by_slot)
		out.services.push_back({name_of(services, slot), outcomes});
	return out;
}

nlohmann::json to_json(const ShadowStats& stats)
{
	nlohmann::json pairs = nlohmann::json::array();
	for (const auto& row : stats.pairs) {
		pairs.push_back({{"running", reason_name(row.running)},
		                 {"running_verdict", verdict_name(row.running)},
		                 {"candidate", reason_name(row.candidate)},
		                 {"candidate_verdict", verdict_name(row.candidate)},
		                 {"packets", row.count.packets},
		                 {"bytes", row.count.bytes}});
	}
	nlohmann::json services = nlohmann::json::array();
	for (const auto& row : stats.services) {
		nlohmann::json service = {{"service", row.service}};
		add_to(service, row.outcomes);
		services.push_back(std::move(service));
	}
	nlohmann::json out = {{"path", stats.path},
	                      {"digest", stats.digest},
	                      {"since", timestamp(stats.since_unix_ns)},
	                      {"missed", to_json(stats.missed)},
	                      {"pairs", std::move(pairs)},
	                      {"services", std::move(services)}};
	add_to(out, stats.outcomes);
	return out;
}

std::string to_prometheus(const ShadowStats& stats)
{
	Metric packets("sluice_shadow_packets_total", "counter", "Packets by the running policy's reason and the shadowed candidate's.");
	Metric bytes("sluice_shadow_bytes_total", "counter", "Bytes by the running policy's reason and the shadowed candidate's.");
	for (const auto& row : stats.pairs) {
		const Metric::Labels labels{{"running", reason_name(row.running)}, {"candidate", reason_name(row.candidate)}};
		packets.add(labels, row.count.packets);
		bytes.add(labels, row.count.bytes);
	}
	Metric missed("sluice_shadow_missed_packets_total", "counter", "Packets that never reached the shadowed candidate.");
	missed.add({}, stats.missed.packets);
	return packets.text() + bytes.text() + missed.text();
}

}  // namespace sluice::telemetry
