#include "policy/limits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "policy/meter.h"
#include "policy/regions.h"
#include "sluice/core/addr.h"
#include "sluice/core/limiter.h"

namespace sluice::policy {
namespace {

constexpr std::array kDimensions = {SLUICE_PACKETS, SLUICE_BITS, SLUICE_CONNECTIONS};

const std::optional<Meter>& meter_of(const Limit& limit, sluice_dimension dimension)
{
	return dimension == SLUICE_PACKETS ? limit.packets : dimension == SLUICE_BITS ? limit.bits : limit.connections;
}

std::uint32_t sets_of(const LimitUse& use)
{
	if (use.scope == SLUICE_SCOPE_SERVICE)
		return 1;
	if (use.limit->keys == 0)
		return kDefaultSets;
	return static_cast<std::uint32_t>(std::bit_ceil((use.limit->keys + SLUICE_WAYS - 1) / SLUICE_WAYS));
}

sluice_limit make_limit(const LimitUse& use, std::uint16_t rule)
{
	sluice_limit limit{};
	limit.rule = rule;
	limit.scope = static_cast<std::uint8_t>(use.scope);
	if (use.scope != SLUICE_SCOPE_SERVICE) {
		limit.mask[SLUICE_IPV4] = sluice_addr_mask(SLUICE_IPV4_PREFIX_BITS + use.ipv4_length);
		limit.mask[SLUICE_IPV6] = sluice_addr_mask(use.ipv6_length);
	}
	return limit;
}

class Builder {
public:
	Builder(const std::vector<LimitUse>& uses, const Heritage& heritage, const LimitTable& table)
	    : uses_(uses), heritage_(heritage), table_(table), regions_(table.bucket_sets)
	{
	}

	Result<void> express_all(const std::vector<std::uint16_t>& rules);
	void keep_retired(const std::vector<sluice_name>& rule_names);
	void keep_lost_meters();
	Result<void> place_newcomers();
	std::vector<sluice_limit> take() { return std::move(limits_); }

private:
	struct Newcomer {
		std::size_t use = 0;
		sluice_dimension dimension = SLUICE_PACKETS;
		std::uint32_t sets = 0;
	};

	Result<sluice_meter> express_meter(std::size_t use, sluice_dimension dimension);
	const sluice_meter* previous(const LimitUse& use, sluice_dimension dimension) const;
	void keep(sluice_limit limit, std::uint16_t rule);
	std::uint64_t start_of(std::uint32_t first, std::uint32_t sets) const;
	Error too_small(const LimitUse& use) const;

	const std::vector<LimitUse>& uses_;
	const Heritage& heritage_;
	const LimitTable& table_;
	Regions regions_;
	std::vector<Newcomer> newcomers_;
	std::vector<sluice_limit> limits_ = {sluice_limit{}};
};

// The meter of the generation before that may go on as this one; null where there is none.
const sluice_meter* Builder::previous(const LimitUse& use, sluice_dimension dimension) const
{
	const auto found = heritage_.limits.find(use.name);
	if (found == heritage_.limits.end() || found->second.scope != use.scope)
		return nullptr;
	const sluice_meter& meter = found->second.meter[dimension];
	const bool same_region_size = meter.set_mask + 1 == sets_of(use);
	return meter.speed != 0 && same_region_size && meter.epoch_mono_ns <= table_.now_mono_ns ? &meter : nullptr;
}

Result<void> Builder::express_all(const std::vector<std::uint16_t>& rules)
{
	for (std::size_t i = 0; i < uses_.size(); i++) {
		sluice_limit limit = make_limit(uses_[i], rules[i]);
		for (const sluice_dimension dimension : kDimensions) {
			if (meter_of(*uses_[i].limit, dimension)) {
				SLUICE_TRY_ASSIGN(limit.meter[dimension], express_meter(i, dimension));
			}
		}
		limits_.push_back(limit);
	}
	return {};
}

Result<sluice_meter> Builder::express_meter(std::size_t use, sluice_dimension dimension)
{
	const Meter& meter = *meter_of(*uses_[use].limit, dimension);
	const sluice_meter* before = previous(uses_[use], dimension);
	auto expressed = express(meter, dimension, before != nullptr ? before->cost : 0);
	if (!expressed)
		return std::move(expressed).error().within(uses_[use].name);
	if (before != nullptr && before->cost == expressed->cost && regions_.claim(before->first_set, before->set_mask + 1))
		return continued(*expressed, *before, table_.now_mono_ns);
	newcomers_.push_back({use, dimension, sets_of(uses_[use])});
	return *expressed;
}

// What is no longer in the policy keeps its levels, for the day it returns, as long as its region is not needed.
void Builder::keep_retired(const std::vector<sluice_name>& rule_names)
{
	for (std::size_t number = SLUICE_RULE_FIRST; number < rule_names.size(); number++) {
		if (rule_names[number].retired == 0 || rule_names[number].kind != SLUICE_RULE_LIMIT)
			continue;
		const auto found = heritage_.limits.find(text_of(rule_names[number]));
		if (found != heritage_.limits.end())
			keep(found->second, static_cast<std::uint16_t>(number));
	}
}

// A limit that is in the policy without a quantity that it had before: the same, for that meter alone.
void Builder::keep_lost_meters()
{
	for (std::size_t i = 0; i < uses_.size(); i++) {
		const auto found = heritage_.limits.find(uses_[i].name);
		if (found == heritage_.limits.end() || found->second.scope != uses_[i].scope)
			continue;
		sluice_limit lost = found->second;
		for (const sluice_dimension dimension : kDimensions) {
			if (limits_[i + 1].meter[dimension].speed != 0)
				lost.meter[dimension] = sluice_meter{};
		}
		keep(lost, limits_[i + 1].rule);
	}
}

// The meters of `limit` whose regions are still free, if there are any.
void Builder::keep(sluice_limit limit, std::uint16_t rule)
{
	if (limits_.size() >= SLUICE_MAX_LIMITS)
		return;
	bool kept = false;
	for (sluice_meter& meter : limit.meter) {
		if (meter.speed != 0 && regions_.claim(meter.first_set, meter.set_mask + 1))
			kept = true;
		else
			meter = sluice_meter{};
	}
	limit.rule = rule;
	limit.retired = 1;
	if (kept)
		limits_.push_back(limit);
}

// The largest first: every region is aligned to its size, so that they pack.
Result<void> Builder::place_newcomers()
{
	std::stable_sort(newcomers_.begin(), newcomers_.end(), [](const Newcomer& a, const Newcomer& b) { return a.sets > b.sets; });
	for (const Newcomer& newcomer : newcomers_) {
		const auto first = regions_.take(newcomer.sets);
		if (!first)
			return too_small(uses_[newcomer.use]);
		sluice_meter& meter = limits_[newcomer.use + 1].meter[newcomer.dimension];
		meter.first_set = *first;
		meter.set_mask = newcomer.sets - 1;
		meter.epoch_mono_ns = table_.now_mono_ns;
		meter.base = start_of(*first, newcomer.sets);
	}
	return {};
}

// Past every level that a former owner may have left in these sets, so that none of them looks like a level here.
std::uint64_t Builder::start_of(std::uint32_t first, std::uint32_t sets) const
{
	std::uint64_t start = 0;
	for (const auto& [name, limit] : heritage_.limits) {
		for (const sluice_meter& meter : limit.meter) {
			const std::uint64_t end = std::uint64_t{meter.first_set} + meter.set_mask + 1;
			const bool overlaps = meter.first_set < std::uint64_t{first} + sets && first < end;
			if (meter.speed == 0 || !overlaps || meter.epoch_mono_ns > table_.now_mono_ns)
				continue;
			const std::uint64_t past = sluice_meter_reading(&meter, table_.now_mono_ns) + meter.horizon;
			start = std::max<std::uint64_t>(start, past & SLUICE_READING_MASK);
		}
	}
	return start;
}

Error Builder::too_small(const LimitUse& use) const
{
	std::uint64_t needed = 0;
	for (const LimitUse& each : uses_) {
		for (const sluice_dimension dimension : kDimensions)
			needed += meter_of(*each.limit, dimension) ? sets_of(each) : 0;
	}
	constexpr std::uint64_t kMebibyte = 1u << 20;
	const auto mebibytes = [](std::uint64_t sets) { return std::to_string((sets * sizeof(sluice_bucket_set) + kMebibyte - 1) / kMebibyte); };
	return Error(ErrorCode::kExhausted,
		     use.name + ": the limiter's table has no room for it: the limits need " + mebibytes(needed) + " MiB of " +
			     mebibytes(table_.bucket_sets),
		     "raise --limiter-memory, or lower 'keys' of some limits");
}

}  // namespace

std::vector<LimitUse> limit_uses(const Policy& policy)
{
	std::vector<LimitUse> uses;
	const auto keyed = [&uses](std::string name, const auto& each, sluice_scope scope) {
		if (each)
			uses.push_back({std::move(name), &each->limit, scope, each->ipv4_length, each->ipv6_length});
	};
	keyed("fragments/each-source", policy.fragments.each_source, SLUICE_SCOPE_SOURCE);
	for (const Source& source : policy.sources) {
		const SourceLimit usual;
		if (source.limit)
			uses.push_back({source.name + "/limit", &*source.limit, SLUICE_SCOPE_LIST, usual.ipv4_length, usual.ipv6_length});
	}
	for (const Service& service : policy.services) {
		if (service.all_sources)
			uses.push_back({service.name + "/all-sources", &*service.all_sources, SLUICE_SCOPE_SERVICE, 0, 0});
		keyed(service.name + "/each-source", service.each_source, SLUICE_SCOPE_SOURCE);
		keyed(service.name + "/each-prefix", service.each_prefix, SLUICE_SCOPE_PREFIX);
	}
	return uses;
}

Result<std::vector<sluice_limit>> build_limits(const std::vector<LimitUse>& uses, const std::vector<std::uint16_t>& rules,
					       const std::vector<sluice_name>& rule_names, const Heritage& heritage,
					       const LimitTable& table)
{
	Builder frugal(uses, heritage, table);
	SLUICE_TRY(frugal.express_all(rules));
	Builder generous = frugal;
	generous.keep_retired(rule_names);
	generous.keep_lost_meters();
	if (generous.place_newcomers())
		return generous.take();
	SLUICE_TRY(frugal.place_newcomers());
	return frugal.take();
}

}  // namespace sluice::policy
