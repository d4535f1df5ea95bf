#include "policy/judge.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/numbering.h"
#include "policy/ranges.h"
#include "sluice/core/decide.h"
#include "sluice/core/limiter.h"
#include "sluice/core/overlay.h"
#include "sluice/core/parse.h"
#include "sluice/core/target.h"

namespace sluice::policy {
namespace {

constexpr std::array kDimensions = {SLUICE_PACKETS, SLUICE_BITS, SLUICE_CONNECTIONS};

// No table is trusted to hold what another one points at: an image may have been read back from a kernel.
template <typename Value>
const Value* at(const std::vector<Value>& table, std::size_t index)
{
	return index < table.size() ? &table[index] : nullptr;
}

std::optional<std::uint16_t> cell_at(const std::vector<sluice_cells>& cells, std::size_t index)
{
	const sluice_cells* block = at(cells, index / SLUICE_CELLS_PER_BLOCK);
	return block != nullptr ? std::optional(block->cell[index % SLUICE_CELLS_PER_BLOCK]) : std::nullopt;
}

std::string name_at(const std::vector<sluice_name>& names, std::size_t index)
{
	const sluice_name* name = at(names, index);
	return name != nullptr ? text_of(*name) : "#" + std::to_string(index);
}

std::optional<std::uint16_t> slot_of(const Image& image, const sluice_packet& packet, const sluice_group& group)
{
	if (packet.fragment)
		return SLUICE_SERVICE_FRAGMENTS;
	std::uint32_t column = 0;
	if (image.config.by_destination)
		column = find_range(image.destinations[packet.family], packet.destination, packet.family);
	return cell_at(image.targets, std::size_t{group.row} + column);
}

// The facts that bpf/classify.h finds; none where a lookup that cannot fail fails.
// The longest that holds the source counts.
void overlay(sluice_class& of, const net::Address& source, const Beside& beside)
{
	const std::pair<net::Prefix, bool>* longest = nullptr;
	for (const auto& entry : beside.overlay) {
		if (entry.first.contains(source) && (longest == nullptr || longest->first.length() < entry.first.length()))
			longest = &entry;
	}
	if (longest != nullptr)
		sluice_overlay(&of, longest->second ? SLUICE_SOURCE_ALLOWED : SLUICE_SOURCE_DENIED,
			       static_cast<__u8>(longest->first.mapped_length()));
}

std::optional<sluice_facts> classify(const Image& image, const sluice_packet& packet, const Beside& beside)
{
	const net::Address source = net::Address::from_abi(packet.source);
	const sluice_class* known = at(image.classes, find_range(image.sources[packet.family], packet.source, packet.family));
	const auto id = cell_at(image.ports, sluice_port_cell(&packet));
	const sluice_group* group = id ? at(image.groups, *id) : nullptr;
	if (known == nullptr || group == nullptr)
		return std::nullopt;
	const auto slot = slot_of(image, packet, *group);
	const sluice_service* service = slot ? at(image.services, *slot) : nullptr;
	if (service == nullptr)
		return std::nullopt;
	sluice_facts facts{};
	facts.source = *known;
	facts.service = *service;
	facts.failsafe = group->failsafe & known->failsafe;
	facts.slot = *slot;
	facts.banned = std::ranges::any_of(beside.bans, [&source](const net::Prefix& ban) { return ban.contains(source); });
	overlay(facts.source, source, beside);
	return facts;
}

std::optional<LimitAsked> asked(const Image& image, std::uint16_t number, const sluice_packet& packet)
{
	const sluice_limit* limit = number != 0 ? at(image.limits, number) : nullptr;
	if (limit == nullptr)
		return std::nullopt;
	LimitAsked out{name_at(image.rule_names, limit->rule), number, static_cast<sluice_scope>(limit->scope), {}};
	for (const sluice_dimension dimension : kDimensions) {
		if (sluice_meter_amount(&limit->meter[dimension], dimension, &packet) != 0)
			out.counts.push_back(dimension);
	}
	return out.counts.empty() ? std::nullopt : std::optional(std::move(out));
}

Judged ended(std::uint32_t reason)
{
	Judged judged;
	judged.reason = reason;
	judged.passes = sluice_reason_passes(reason);
	judged.service = "-";
	return judged;
}

}  // namespace

Judged judge(const Image& image, std::span<const std::uint8_t> frame, const Beside& beside)
{
	sluice_packet packet{};
	const std::uint32_t malformed =
		sluice_parse(frame.data(), frame.data() + frame.size(), static_cast<std::uint32_t>(frame.size()), &packet);
	if (malformed != SLUICE_UNDECIDED)
		return ended(malformed);
	const auto facts = classify(image, packet, beside);
	if (!facts)
		return ended(SLUICE_INTERNAL);

	const sluice_decision decision = sluice_decide(&packet, &*facts, image.config.default_deny, image.config.drop_fragments);
	Judged judged = ended(decision.reason);
	judged.slot = facts->slot;
	judged.source = facts->source;
	judged.service = name_at(image.service_names, facts->slot);
	if (decision.rule != 0)
		judged.rule = name_at(image.rule_names, decision.rule);
	if (facts->source.listed != SLUICE_SOURCE_UNLISTED)
		judged.list = name_at(image.rule_names, facts->source.rule);
	for (const std::uint16_t number : decision.limit) {
		if (auto limit = asked(image, number, packet))
			judged.limits.push_back(std::move(*limit));
	}
	return judged;
}

}  // namespace sluice::policy
