#include "kernel/pinned_view.h"

#include <algorithm>

#include "kernel/ban_table.h"
#include "kernel/counter_maps.h"
#include "kernel/history.h"
#include "kernel/lease_table.h"
#include "kernel/map_memory.h"
#include "kernel/pins.h"
#include "kernel/shadow.h"
#include "kernel/state_maps.h"
#include "kernel/typed_map.h"
#include "kernel/xdp_link.h"

namespace sluice::kernel {
namespace {

Result<policy::RangeImage> read_ranges(const Map& map)
{
	SLUICE_TRY_ASSIGN(auto blocks, read_array<policy::RangeImage::Block>(map));
	return policy::RangeImage{std::move(blocks)};
}

}  // namespace

struct PinnedView::State {
	explicit State(const std::string& root) : pins(Pins::at(root)) {}

	Result<void> open_links()
	{
		for (const std::string& name : pins.links()) {
			SLUICE_TRY_ASSIGN(XdpLink link, open_xdp_link(calls, pins.link(name), name));
			links.push_back(std::move(link));
		}
		return {};
	}

	Result<void> open_running()
	{
		std::vector<std::string> damaged;
		history = History::look(calls, pins, links, damaged);
		if (!history.running())
			return Error(ErrorCode::kNotFound, "no policy is pinned under " + pins.root() + (damaged.empty() ? "" : ": ") +
								   (damaged.empty() ? "" : damaged.front()),
				     "start sluiced, or name the directory of its pins: --pins DIR");
		if (!history.running()->is_readable())
			return Error(ErrorCode::kUnsupported,
				     "the pins under " + pins.root() + " are of ABI version " +
					     std::to_string(history.running()->abi()) + ", this program knows version " +
					     std::to_string(SLUICE_ABI_VERSION),
				     "use the programs of one version");
		SLUICE_TRY_ASSIGN(running, history.running()->read());
		return {};
	}

	Result<void> open_state()
	{
		for (const std::string name : kStateMaps) {
			SLUICE_TRY_ASSIGN(Map map, Map::open_pin(calls, pins.state(name), name));
			maps.emplace(name, std::move(map));
		}
		return {};
	}

	Calls calls;
	Pins pins;
	std::vector<XdpLink> links;
	History history;
	datapath::Running running;
	std::map<std::string, Map> maps;
	std::optional<MapMemory> buckets;  // once somebody asked
};

PinnedView::PinnedView(std::unique_ptr<State> state) : state_(std::move(state)) {}
PinnedView::PinnedView(PinnedView&&) noexcept = default;
PinnedView& PinnedView::operator=(PinnedView&&) noexcept = default;
PinnedView::~PinnedView() = default;

Result<PinnedView> PinnedView::open(const std::string& pins)
{
	auto state = std::make_unique<State>(pins);
	SLUICE_TRY(state->open_links());
	SLUICE_TRY(state->open_running());
	SLUICE_TRY(state->open_state());
	return PinnedView(std::move(state));
}

const datapath::Running& PinnedView::running() const
{
	return state_->running;
}

Result<datapath::Counters> PinnedView::counters() const
{
	const datapath::Running& running = state_->running;
	const auto services = std::min<std::size_t>(running.services.size(), SLUICE_MAX_SERVICES);
	const auto rules = std::min<std::size_t>(running.rules.size(), SLUICE_MAX_RULES);
	return read_counters(state_->maps.at("counters"), state_->maps.at("rule_counters"), state_->maps.at("event_gauges"),
			     static_cast<std::uint32_t>(services), static_cast<std::uint32_t>(rules));
}

Result<std::optional<PinnedShadow>> PinnedView::shadow() const
{
	if (!state_->history.running()->is_shadowed())
		return std::optional<PinnedShadow>();
	SLUICE_TRY_ASSIGN(const auto shadow, Shadow::open(state_->calls, state_->pins));
	if (!shadow)
		return std::optional<PinnedShadow>();
	PinnedShadow view;
	SLUICE_TRY_ASSIGN(view.candidate, shadow->read());
	const auto services = std::min<std::size_t>(state_->running.services.size(), SLUICE_MAX_SERVICES);
	SLUICE_TRY_ASSIGN(view.counters, shadow->counters(static_cast<std::uint32_t>(services)));
	return std::optional(std::move(view));
}

Result<std::vector<datapath::Ban>> PinnedView::bans(std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(Said said, read_said(state_->maps.at("bans"), now_mono_ns));
	return std::move(said.bans);
}

Result<std::vector<datapath::OverlayEntry>> PinnedView::overlay(std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(Said said, read_said(state_->maps.at("bans"), now_mono_ns));
	return std::move(said.overlay);
}

Result<datapath::Leases> PinnedView::leases(std::uint64_t now_boot_ns) const
{
	const auto& maps = state_->maps;
	SLUICE_TRY_ASSIGN(const LeaseTable table, LeaseTable::over({maps.at("identities"), maps.at("identity_names"), maps.at("bindings"),
								    maps.at("binding_lengths")}));
	return table.look(now_boot_ns);
}

Result<std::span<const sluice_bucket_set>> PinnedView::buckets() const
{
	const Map& map = state_->maps.at("buckets");
	SLUICE_TRY(check_sizes(map, sizeof(std::uint32_t), sizeof(sluice_bucket_set)));
	if (!state_->buckets) {
		SLUICE_TRY_ASSIGN(MapMemory memory, MapMemory::over(map, MapMemory::Access::kRead));
		state_->buckets.emplace(std::move(memory));
	}
	return std::span(static_cast<const sluice_bucket_set*>(state_->buckets->at()), map.shape().max_entries);
}

Result<SourceTable> PinnedView::sources() const
{
	const Generation& generation = *state_->history.running();
	SourceTable table;
	SLUICE_TRY_ASSIGN(table.ipv4, read_ranges(generation.at("sources_ipv4")));
	SLUICE_TRY_ASSIGN(table.ipv6, read_ranges(generation.at("sources_ipv6")));
	SLUICE_TRY_ASSIGN(table.classes, read_array<sluice_class>(generation.at("classes")));
	return table;
}

Result<std::vector<PinnedLink>> PinnedView::links() const
{
	std::vector<PinnedLink> links;
	for (const XdpLink& link : state_->links)
		links.push_back(PinnedLink{link.interface, link.interface_index, link.program_id,
					   state_->history.generation(link.program_id)});
	return links;
}

}  // namespace sluice::kernel
