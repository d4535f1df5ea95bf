#include "kernel/counter_maps.h"

#include "kernel/typed_map.h"
#include "sluice/abi/counter.h"
#include "sluice/abi/event.h"

namespace sluice::kernel {
namespace {

Result<std::vector<sluice_counter>> read_sums(const Map& map, std::uint32_t count)
{
	return read_summed<sluice_counter>(map, count, [](sluice_counter& sum, const sluice_counter& one) {
		sum.packets += one.packets;
		sum.bytes += one.bytes;
	});
}

}  // namespace

Result<datapath::Counters> read_counters(const Map& counters, const Map& rule_counters, const Map& event_gauges,
					 std::uint32_t services, std::uint32_t rules)
{
	datapath::Counters read;
	SLUICE_TRY_ASSIGN(const auto by_service, read_sums(counters, services * SLUICE_REASONS));
	for (std::uint32_t i = 0; i < by_service.size(); i++) {
		if (by_service[i].packets != 0)
			read.by_service.push_back({static_cast<std::uint16_t>(i / SLUICE_REASONS),
						   static_cast<std::uint8_t>(i % SLUICE_REASONS), by_service[i]});
	}
	SLUICE_TRY_ASSIGN(const auto by_rule, read_sums(rule_counters, rules));
	for (std::uint32_t i = 0; i < by_rule.size(); i++) {
		if (by_rule[i].packets != 0)
			read.by_rule.push_back({static_cast<std::uint16_t>(i), by_rule[i]});
	}
	SLUICE_TRY_ASSIGN(const auto gauges, read_summed<sluice_event_gauge>(event_gauges, SLUICE_REASONS,
									     [](sluice_event_gauge& sum, const sluice_event_gauge& one) {
										     sum.lost += one.lost;
									     }));
	for (const sluice_event_gauge& gauge : gauges)
		read.events_lost += gauge.lost;
	return read;
}

}  // namespace sluice::kernel
