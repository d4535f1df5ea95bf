#include "dump/limit_report.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "net/prefix.h"
#include "sluice/core/addr.h"
#include "sluice/core/hash.h"
#include "sluice/core/sliding_log.h"
#include "telemetry/names.h"

namespace sluice::dump {
namespace {

using telemetry::in_unit;

Buckets region_of(const sluice_meter& meter, Buckets buckets)
{
	const std::uint64_t lines = sluice_meter_lines(&meter);
	if (meter.first_set > buckets.size() || lines > buckets.size() - meter.first_set)
		return {};
	return buckets.subspan(meter.first_set, lines);
}

// The set of a sliding log that a key has. Requires a region that is not empty.
Buckets log_set_of(const sluice_meter& meter, Buckets region, std::uint32_t hash)
{
	return region.subspan(std::size_t{hash & meter.set_mask} * SLUICE_LOG_LINES, SLUICE_LOG_LINES);
}

// Levels in the meter's unit.
struct Fill {
	std::uint64_t keys_in_use = 0;
	std::uint64_t fullest = 0;

	void add(std::uint64_t level)
	{
		keys_in_use += level > 0;
		fullest = std::max(fullest, level);
	}
};

Fill fill_of_buckets(const sluice_meter& meter, Buckets region, std::uint64_t reading)
{
	Fill fill;
	for (const auto& set : region) {
		for (const std::uint64_t way : set.way)
			fill.add(way >> SLUICE_READING_BITS == 0 ? 0 : sluice_bucket_level(&meter, way, reading));
	}
	return fill;
}

// Each key's charges, which lie anywhere in its set.
Fill fill_of_logs(const sluice_meter& meter, Buckets region, std::uint64_t reading)
{
	Fill fill;
	for (std::size_t first = 0; first + SLUICE_LOG_LINES <= region.size(); first += SLUICE_LOG_LINES) {
		std::map<std::uint64_t, std::uint64_t> levels;
		for (const auto& line : region.subspan(first, SLUICE_LOG_LINES)) {
			for (const std::uint64_t word : line.way) {
				if (sluice_bucket_level(&meter, word, reading) > 0)
					levels[word >> SLUICE_READING_BITS]++;
			}
		}
		for (const auto& [tag, level] : levels)
			fill.add(level);
	}
	return fill;
}

Gauge gauge_of(const sluice_meter& meter, unsigned dimension, Buckets buckets, std::uint64_t now_mono_ns)
{
	const std::uint64_t reading = sluice_meter_reading(&meter, now_mono_ns);
	const Buckets region = region_of(meter, buckets);
	const bool is_log = meter.algorithm == SLUICE_SLIDING_LOG;
	const Fill fill = is_log ? fill_of_logs(meter, region, reading) : fill_of_buckets(meter, region, reading);
	const std::uint64_t words = region.size() * SLUICE_WAYS;
	return {.dimension = dimension,
	        .algorithm = meter.algorithm,
	        .rate = configured_rate(meter, dimension),
	        .burst = configured_burst(meter, dimension),
	        .keys_in_use = fill.keys_in_use,
	        .keys = is_log ? words / std::max<std::uint64_t>(meter.burst, 1) : words,
	        .fullest = in_unit(meter, dimension, fill.fullest, true)};
}

// What a key has in its bucket, or would take over.
void read_bucket(Level& report, const sluice_meter& meter, const sluice_bucket_set& set, std::uint32_t tag, std::uint64_t now_mono_ns)
{
	const std::uint64_t reading = sluice_meter_reading(&meter, now_mono_ns);
	const auto charge = sluice_limiter_offer(&meter, &set, tag, reading, 0);
	const std::uint64_t level = sluice_bucket_level(&meter, charge.seen, reading);
	report.shared = level > 0 && charge.seen >> SLUICE_READING_BITS != tag;
	report.level = in_unit(meter, report.dimension, level, true);
	report.left = in_unit(meter, report.dimension, meter.burst - std::min<std::uint64_t>(level, meter.burst), false);
	report.recovered_ns = telemetry::time_to_sink(meter, level, now_mono_ns);
}

// What a key has in its log.
void read_log(Level& report, const sluice_meter& meter, Buckets set, std::uint32_t tag, std::uint64_t now_mono_ns)
{
	const std::uint64_t reading = sluice_meter_reading(&meter, now_mono_ns);
	std::uint64_t last = 0, free = 0;
	for (const auto& line : set) {
		for (const std::uint64_t word : line.way) {
			const std::uint64_t stays = sluice_bucket_level(&meter, word, reading);
			const bool own = stays > 0 && word >> SLUICE_READING_BITS == tag;
			free += stays == 0;
			report.level += own;
			last = own ? std::max<std::uint64_t>(last, stays) : last;
		}
	}
	report.shared = free == 0;
	report.left = std::min<std::uint64_t>(free, meter.burst - std::min<std::uint64_t>(report.level, meter.burst));
	report.recovered_ns = last << SLUICE_TICK_SHIFT;
}

Level level_of(const sluice_meter& meter, unsigned dimension, const sluice_hash& hash, Buckets buckets,
               std::uint64_t now_mono_ns)
{
	Level report{.dimension = dimension,
	             .algorithm = meter.algorithm,
	             .rate = configured_rate(meter, dimension),
	             .burst = configured_burst(meter, dimension)};
	const Buckets region = region_of(meter, buckets);
	report.left = report.burst;
	if (region.empty())
		return report;
	if (meter.algorithm == SLUICE_SLIDING_LOG)
		read_log(report, meter, log_set_of(meter, region, hash.set), hash.tag, now_mono_ns);
	else
		read_bucket(report, meter, region[hash.set & meter.set_mask], hash.tag, now_mono_ns);
	return report;
}

bool holds(const sluice_limit& limit, std::size_t number, const sluice_class& of)
{
	if (limit.retired != 0)
		return false;
	if (limit.scope == SLUICE_SCOPE_IDENTITY)
		return false;
	if (limit.scope == SLUICE_SCOPE_LIST)
		return of.limit == number;
	return sluice_has_one_key(limit.scope) || of.limit == 0;
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
	constexpr std::array<const char*, SLUICE_SCOPES> names{"all-sources",   "each-source", "each-prefix", "limit",
							       "each-identity", "unproved",    "replies",     "replies-each-prefix"};
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
		const auto hash = sluice_limit_key(&limit, &key, &address, source.family());
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
