#include "kernel/counter_maps.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "kernel/typed_map.h"
#include "sluice/abi/counter.h"
#include "sluice/abi/event.h"

namespace sluice::kernel {
namespace {

// An element of a per-processor array: the values of every processor.
struct Element {
	const Map* map = nullptr;
	std::uint32_t index = 0;
	std::vector<std::byte> value;
};

// Of these elements, those that are not zero everywhere.
Result<void> add_counted(const Rows& rows, std::vector<Element>& counted)
{
	for (const std::uint32_t slot : *rows.slots) {
		for (std::uint32_t index = slot * rows.each; index < (slot + 1) * rows.each; index++) {
			Element element{rows.map, index, std::vector<std::byte>(rows.map->element_bytes())};
			SLUICE_TRY(rows.map->lookup(&index, element.value.data()));
			if (std::ranges::any_of(element.value, [](std::byte byte) { return byte != std::byte{0}; }))
				counted.push_back(std::move(element));
		}
	}
	return {};
}

// A kernel with processors that take no ticks has no such wait; there the milliseconds since that program was replaced
// have to do.
Result<void> wait_for_packets(Calls& calls)
{
	const int code = calls.wait_for_packets();
	if (code < 0 && code != -EINVAL)
		return error_of_errno(-code, "wait for packets that are being judged");
	return {};
}

}  // namespace

Result<std::vector<sluice_counter>> read_sums(const Map& map, std::uint32_t count)
{
	return read_summed<sluice_counter>(map, count, [](sluice_counter& sum, const sluice_counter& one) {
		sum.packets += one.packets;
		sum.bytes += one.bytes;
	});
}

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

Result<void> zero_counters(Calls& calls, const std::vector<Rows>& rows, Undo& undo)
{
	const auto counted = std::make_shared<std::vector<Element>>();
	for (const Rows& each : rows)
		SLUICE_TRY(add_counted(each, *counted));
	if (counted->empty())
		return {};
	// A program that was replaced a moment ago, by the generation that runs, may still be in the middle of a packet.
	SLUICE_TRY(wait_for_packets(calls));
	undo.add([&calls, counted] {
		(void)wait_for_packets(calls);
		for (const Element& element : *counted)
			(void)element.map->update(&element.index, element.value.data());
	});
	for (const Element& element : *counted) {
		const std::vector<std::byte> zero(element.value.size());
		SLUICE_TRY(element.map->update(&element.index, zero.data()));
	}
	return {};
}

}  // namespace sluice::kernel
