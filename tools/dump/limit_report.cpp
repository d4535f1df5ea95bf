#include "dump/limit_report.h"

#include <algorithm>
#include <array>
#include <bit>

#include "net/prefix.h"
#include "sluice/core/addr.h"
#include "sluice/core/hash.h"
#include "sluice/core/limiter.h"
#include "telemetry/names.h"

namespace sluice::dump {
namespace {

using telemetry::in_unit;
using telemetry::time_to_sink;

Buckets region_of(const sluice_meter& meter, Buckets buckets)
{
	const std::size_t sets = static_cast<std::size_t>(meter.set_mask) + 1;
	if (meter.first_set > buckets.size() || sets > buckets.size() - meter.first_set)
		return {};
	return buckets.subspan(meter.first_set, sets);
}

Gauge gauge_of(const sluice_meter& meter, unsigned dimension, Buckets buckets, std::uint64_t now_mono_ns)
{
	const std::uint64_t reading = sluice_meter_reading(&meter, now_mono_ns);
	const Buckets region = region_of(meter, buckets);
	std::uint64_t fullest = 0;
	Gauge gauge{.dimension = dimension,
	            .rate = configured_rate(meter, dimension),
	            .burst = configured_burst(meter, dimension),
	            .keys = region.size() * SLUICE_WAYS};

	for (const auto& set : region) {
		for (const std::uint64_t way : set.way) {
			const std::uint64_t level =
			    way >> SLUICE_READING_BITS == 0 ? 0 : sluice_bucket_level(&meter, way, reading);
			gauge.keys_in_use += level > 0;
			fullest = std::max(fullest, level);
		}
	}
	gauge.fullest = in_unit(meter, dimension, fullest, true);
	return gauge;
}

Level level_of(const sluice_meter& meter, unsigned dimension, const sluice_hash& hash, Buckets buckets,
               std::uint64_t now_mono_ns)
{
	Level report{.dimension = dimension,
	             .rate = configured_rate(meter, dimension),
	             .burst = configured_burst(meter, dimension)};
	const Buckets region = region_of(meter, buckets);
	std::uint64_t level = 0;

	if (!region.empty()) {
		const std::uint64_t reading = sluice_meter_reading(&meter, now_mono_ns);
		const auto& set = region[hash.set & meter.set_mask];
		const auto charge = sluice_limiter_offer(&meter, &set, hash.tag, reading, 0);
		level = sluice_bucket_level(&meter, charge.seen, reading);
		report.shared = level > 0 && charge.seen >> SLUICE_READING_BITS != hash.tag;
	}
	report.level = in_unit(meter, dimension, level, true);
	report.left = in_unit(meter, dimension, meter.burst - std::min<std::uint64_t>(level, meter.burst), false);
	report.recovered_ns = time_to_sink(meter, level);
	return report;
}

bool holds(const sluice_limit& limit, std::size_t number, const sluice_class& of)
{
	if (limit.retired != 0)
		return false;
	if (limit.scope == SLUICE_SCOPE_LIST)
		return of.limit == number;
	return limit.scope == SLUICE_SCOPE_SERVICE || of.limit == 0;
}

std::string key_name(const net::Address& source, const sluice_addr& mask)
{
	unsigned length = 0;
	for (const std::uint32_t word : mask.word)
		length += static_cast<unsigned>(std::popcount(word));
	if (length == 0)
		return "all";
	const unsigned ahead = source.is_ipv4() ? SLUICE_IPV4_PREFIX_BITS : 0;
	return net::Prefix::of(source, length > ahead ? length - ahead : 0).to_string();
}

}  // namespace

const char* scope_name(unsigned scope)
{
	constexpr std::array<const char*, SLUICE_SCOPES> names{"all-sources", "each-source", "each-prefix", "limit"};
	return scope < names.size() ? names[scope] : "?";
}

std::vector<LimitReport> report_limits(std::span<const sluice_limit> limits, std::span<const sluice_name> rules,
                                       Buckets buckets, std::uint64_t now_mono_ns)
{
	std::vector<LimitReport> reports;
	for (std::size_t number = 1; number < limits.size(); number++) {
		const auto& limit = limits[number];
		if (limit.retired != 0)
			continue;
		LimitReport report{.name = telemetry::name_of(rules, limit.rule), .scope = limit.scope};
		for (unsigned dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
			const auto& meter = limit.meter[dimension];
			if (meter.speed != 0 && meter.cost != 0)
				report.gauges.push_back(gauge_of(meter, dimension, buckets, now_mono_ns));
		}
		if (!report.gauges.empty())
			reports.push_back(std::move(report));
	}
	return reports;
}

std::vector<SourceLimit> report_source(std::span<const sluice_limit> limits, std::span<const sluice_name> rules,
                                       Buckets buckets, const sluice_hash_key& key, const sluice_class& of,
                                       const net::Address& source, std::uint64_t now_mono_ns)
{
	const sluice_addr address = source.to_abi();
	std::vector<SourceLimit> reports;

	for (std::size_t number = 1; number < limits.size(); number++) {
		const auto& limit = limits[number];
		if (!holds(limit, number, of))
			continue;
		const auto& mask = limit.mask[source.family()];
		const auto masked = sluice_addr_masked(&address, &mask);
		const auto hash = sluice_hash_addr(&key, &masked);
		SourceLimit report{.name = telemetry::name_of(rules, limit.rule), .scope = limit.scope, .key = key_name(source, mask)};
		for (unsigned dimension = 0; dimension < SLUICE_DIMENSIONS; dimension++) {
			const auto& meter = limit.meter[dimension];
			if (meter.speed != 0 && meter.cost != 0)
				report.levels.push_back(level_of(meter, dimension, hash, buckets, now_mono_ns));
		}
		if (!report.levels.empty())
			reports.push_back(std::move(report));
	}
	return reports;
}

}  // namespace sluice::dump
