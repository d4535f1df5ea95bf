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

// Of a sliding log, half a set for a key that has all its charges there, so that sets seldom fill; whatever its rate, since
// another rate must find the same sets.
std::uint32_t sets_of(const LimitUse& use)
{
	const bool is_log = use.limit->algorithm == SLUICE_SLIDING_LOG;
	if (sluice_has_one_key(use.scope))
		return 1;
	if (use.limit->keys == 0)
		return is_log ? kDefaultSets / SLUICE_LOG_LINES : kDefaultSets;
	if (is_log)
		return static_cast<std::uint32_t>(std::bit_ceil(use.limit->keys));
	return static_cast<std::uint32_t>(std::bit_ceil((use.limit->keys + SLUICE_WAYS - 1) / SLUICE_WAYS));
}

std::uint32_t lines_of(const sluice_meter& meter)
{
	return static_cast<std::uint32_t>(std::min<std::uint64_t>(sluice_meter_lines(&meter), UINT32_MAX));
}

std::uint32_t lines_of(const LimitUse& use)
{
	return sets_of(use) * (use.limit->algorithm == SLUICE_SLIDING_LOG ? SLUICE_LOG_LINES : 1);
}

// Those of the quantities that `limit` counts.
sluice_limit restricted(sluice_limit old, const Limit& limit)
{
	for (const sluice_dimension dimension : kDimensions) {
		if (!meter_of(limit, dimension))
			old.meter[dimension] = sluice_meter{};
	}
	return old;
}

sluice_limit make_limit(const LimitUse& use, std::uint16_t rule)
{
	sluice_limit limit{};
	limit.rule = rule;
	limit.scope = static_cast<std::uint8_t>(use.scope);
	if (!sluice_has_one_key(use.scope) && use.scope != SLUICE_SCOPE_IDENTITY) {
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
	Result<void> keep_predecessors();
	void keep_retired(const std::vector<sluice_name>& rule_names);
	void keep_lost_meters();
	Result<void> place_newcomers();
	std::vector<sluice_limit> take() { return std::move(limits_); }

private:
	struct Newcomer {
		std::size_t use = 0;
		sluice_dimension dimension = SLUICE_PACKETS;
		std::uint32_t lines = 0;
	};

	Result<sluice_meter> express_meter(std::size_t use, sluice_dimension dimension);
	const sluice_meter* previous(const LimitUse& use, sluice_dimension dimension) const;
	std::optional<sluice_limit> predecessor(const LimitUse& use) const;
	bool keep(sluice_limit limit, std::uint16_t rule);
	std::uint64_t start_of(std::uint32_t first, std::uint32_t lines) const;
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
	for (const auto* ancestors : {&heritage_.limits, &heritage_.before}) {
		const auto found = ancestors->find(use.name);
		if (found == ancestors->end() || found->second.scope != use.scope)
			continue;
		const sluice_meter& meter = found->second.meter[dimension];
		const bool stands = ancestors == &heritage_.limits || found->second.before_until_mono_ns > table_.now_mono_ns;
		const bool same_region = keep_alike(meter.algorithm, use.limit->algorithm) && meter.set_mask + 1 == sets_of(use);
		if (meter.speed != 0 && stands && same_region && meter.epoch_mono_ns <= table_.now_mono_ns)
			return &meter;
	}
	return nullptr;
}

// What has to hold beside the limit: the limit as it was, where what it kept means nothing to the new algorithm; or what
// held beside it before, until it has recovered. Of the two algorithms that keep unlike things there never are three.
std::optional<sluice_limit> Builder::predecessor(const LimitUse& use) const
{
	const auto old = heritage_.limits.find(use.name);
	if (old != heritage_.limits.end() && old->second.scope == use.scope) {
		sluice_limit before = restricted(old->second, *use.limit);
		before.before_until_mono_ns = 0;
		for (const sluice_meter& meter : before.meter) {
			if (meter.speed != 0 && !keep_alike(meter.algorithm, use.limit->algorithm))
				before.before_until_mono_ns = std::max<std::uint64_t>(before.before_until_mono_ns, table_.now_mono_ns + recovery_of(meter));
		}
		if (before.before_until_mono_ns != 0)
			return before;
	}
	const auto older = heritage_.before.find(use.name);
	if (older == heritage_.before.end() || older->second.before_until_mono_ns <= table_.now_mono_ns)
		return std::nullopt;
	return restricted(older->second, *use.limit);
}

Result<void> Builder::keep_predecessors()
{
	for (std::size_t i = 0; i < uses_.size(); i++) {
		auto before = predecessor(uses_[i]);
		if (!before)
			continue;
		if (limits_.size() >= SLUICE_MAX_LIMITS)
			return Error(ErrorCode::kExhausted, uses_[i].name + ": no room for the limit that it was, which holds until it has recovered",
				     "change the algorithms of fewer limits at once");
		if (!keep(*before, limits_[i + 1].rule))
			continue;
		limits_[i + 1].before = static_cast<std::uint16_t>(limits_.size() - 1);
		limits_[i + 1].before_until_mono_ns = before->before_until_mono_ns;
	}
	return {};
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
	auto expressed = express(meter, dimension, uses_[use].limit->algorithm, before != nullptr ? before->cost : 0);
	if (!expressed)
		return std::move(expressed).error().within(uses_[use].name);
	if (before != nullptr && can_continue(*expressed, *before) && regions_.claim(before->first_set, lines_of(*before)))
		return continued(*expressed, *before, table_.now_mono_ns);
	newcomers_.push_back({use, dimension, lines_of(uses_[use])});
	return *expressed;
}

// What is no longer in the policy keeps its levels, for the day it returns, as long as its region is not needed.
void Builder::keep_retired(const std::vector<sluice_name>& rule_names)
{
	for (std::size_t number = SLUICE_RULE_FIRST; number < rule_names.size(); number++) {
		if (rule_names[number].retired == 0 || rule_names[number].kind != SLUICE_RULE_LIMIT)
			continue;
		const auto found = heritage_.limits.find(text_of(rule_names[number]));
		if (found != heritage_.limits.end()) {
			sluice_limit retired = found->second;
			retired.before_until_mono_ns = 0;
			keep(retired, static_cast<std::uint16_t>(number));
		}
		const auto before = heritage_.before.find(text_of(rule_names[number]));
		if (before != heritage_.before.end() && before->second.before_until_mono_ns > table_.now_mono_ns)
			keep(before->second, static_cast<std::uint16_t>(number));
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
		lost.before_until_mono_ns = 0;
		keep(lost, limits_[i + 1].rule);
	}
}

// The meters of `limit` whose regions are still free, as the last row; false if there are none.
bool Builder::keep(sluice_limit limit, std::uint16_t rule)
{
	if (limits_.size() >= SLUICE_MAX_LIMITS)
		return false;
	bool kept = false;
	for (sluice_meter& meter : limit.meter) {
		if (meter.speed != 0 && regions_.claim(meter.first_set, lines_of(meter)))
			kept = true;
		else
			meter = sluice_meter{};
	}
	limit.rule = rule;
	limit.retired = 1;
	limit.before = 0;
	if (kept)
		limits_.push_back(limit);
	return kept;
}

// The largest first: every region is aligned to its size, so that they pack.
Result<void> Builder::place_newcomers()
{
	std::stable_sort(newcomers_.begin(), newcomers_.end(), [](const Newcomer& a, const Newcomer& b) { return a.lines > b.lines; });
	for (const Newcomer& newcomer : newcomers_) {
		const auto first = regions_.take(newcomer.lines);
		if (!first)
			return too_small(uses_[newcomer.use]);
		sluice_meter& meter = limits_[newcomer.use + 1].meter[newcomer.dimension];
		meter.first_set = *first;
		meter.set_mask = sets_of(uses_[newcomer.use]) - 1;
		const std::uint64_t start = start_of(*first, newcomer.lines) + (meter.algorithm == SLUICE_SLIDING_LOG ? kLogStart : 0);
		meter = begun(meter, start, table_.now_mono_ns);
	}
	return {};
}

// Past every level that a former owner may have left in these sets, so that none of them looks like a level here.
std::uint64_t Builder::start_of(std::uint32_t first, std::uint32_t lines) const
{
	std::uint64_t start = 0;
	const auto pass = [&](const sluice_meter& meter) {
		const std::uint64_t end = std::uint64_t{meter.first_set} + sluice_meter_lines(&meter);
		const bool overlaps = meter.first_set < std::uint64_t{first} + lines && first < end;
		if (meter.speed == 0 || !overlaps || meter.epoch_mono_ns > table_.now_mono_ns)
			return;
		const std::uint64_t past = sluice_meter_reading(&meter, table_.now_mono_ns) + meter.horizon;
		start = std::max<std::uint64_t>(start, past & SLUICE_READING_MASK);
	};
	for (const auto* owners : {&heritage_.limits, &heritage_.before}) {
		for (const auto& [name, limit] : *owners)
			std::for_each(std::begin(limit.meter), std::end(limit.meter), pass);
	}
	return start;
}

Error Builder::too_small(const LimitUse& use) const
{
	std::uint64_t needed = 0;
	for (const LimitUse& each : uses_) {
		for (const sluice_dimension dimension : kDimensions)
			needed += meter_of(*each.limit, dimension) ? lines_of(each) : 0;
	}
	constexpr std::uint64_t kMebibyte = 1u << 20;
	const auto mebibytes = [](std::uint64_t sets) { return std::to_string((sets * sizeof(sluice_bucket_set) + kMebibyte - 1) / kMebibyte); };
	return Error(ErrorCode::kExhausted,
		     use.name + ": the limiter's table has no room for it: the limits need " + mebibytes(needed) + " MiB of " +
			     mebibytes(table_.bucket_sets),
		     "raise --limiter-memory, or lower 'keys' of some limits");
}

// How many SYN cookies this host sends at most: to everybody, and to each network. An attacker who has them sent to a victim
// gets no more out of it than that, each no longer than what he sent.
Limit packets_limit(std::uint64_t per_second, std::uint64_t burst)
{
	Limit limit;
	limit.packets = Meter{{per_second, 1}, burst};
	return limit;
}

void add_replies(std::vector<LimitUse>& uses)
{
	static const Limit all = packets_limit(400'000, 8'000);
	static const Limit each_prefix = packets_limit(100, 100);
	uses.push_back({kRepliesAll, &all, SLUICE_SCOPE_REPLIES, 0, 0});
	uses.push_back({kRepliesEachPrefix, &each_prefix, SLUICE_SCOPE_REPLIES_PREFIX, 24, 48});
}

}  // namespace

bool answers_with_cookies(const Service& service)
{
	return service.unproved && service.unproved->beyond == Beyond::kCookie;
}

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
		if (service.each_identity)
			uses.push_back({service.name + "/each-identity", &*service.each_identity, SLUICE_SCOPE_IDENTITY, 0, 0});
		if (service.unproved)
			uses.push_back({service.name + "/unproved", &service.unproved->limit, SLUICE_SCOPE_UNPROVED, 0, 0});
	}
	if (std::any_of(policy.services.begin(), policy.services.end(), answers_with_cookies))
		add_replies(uses);
	return uses;
}

Result<std::vector<sluice_limit>> build_limits(const std::vector<LimitUse>& uses, const std::vector<std::uint16_t>& rules,
					       const std::vector<sluice_name>& rule_names, const Heritage& heritage,
					       const LimitTable& table)
{
	Builder frugal(uses, heritage, table);
	SLUICE_TRY(frugal.express_all(rules));
	SLUICE_TRY(frugal.keep_predecessors());
	Builder generous = frugal;
	generous.keep_retired(rule_names);
	generous.keep_lost_meters();
	if (generous.place_newcomers())
		return generous.take();
	SLUICE_TRY(frugal.place_newcomers());
	return frugal.take();
}

}  // namespace sluice::policy
