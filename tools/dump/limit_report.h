// Limits, from the kernel's numbers back to people's: what was configured, and how full it is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/limit_algorithm.h"
#include "net/rate.h"
#include "sluice/abi/limit.h"
#include "sluice/abi/policy.h"
#include "telemetry/meter_units.h"

namespace sluice::dump {

using telemetry::configured_burst;
using telemetry::configured_rate;
using telemetry::dimension_name;

// The buckets of every limit, as one table.
using Buckets = std::span<const sluice_bucket_set>;

// One counted quantity of a limit. Levels are in its unit (packets, bits, connections), rounded up.
struct Gauge {
	unsigned dimension = SLUICE_PACKETS;
	unsigned algorithm = SLUICE_TOKEN_BUCKET;
	net::Rate rate;
	std::uint64_t burst = 0;
	std::uint64_t keys_in_use = 0;  // buckets that are not empty
	std::uint64_t keys = 0;         // room for so many
	std::uint64_t fullest = 0;      // the highest level
};

struct LimitReport {
	std::string name;
	unsigned scope = SLUICE_SCOPE_SERVICE;
	std::vector<Gauge> gauges;
};

// What one source has left of one quantity.
struct Level {
	unsigned dimension = SLUICE_PACKETS;
	unsigned algorithm = SLUICE_TOKEN_BUCKET;
	net::Rate rate;
	std::uint64_t burst = 0;
	std::uint64_t level = 0;
	std::uint64_t left = 0;          // rounded down
	std::uint64_t recovered_ns = 0;  // until the level is 0 again
	bool shared = false;             // no bucket of its own, and its set is full: it would take over this level; of a
	                                 // sliding log: its set is full, and it waits for another's charge to leave
};

struct SourceLimit {
	std::string name;
	unsigned scope = SLUICE_SCOPE_SERVICE;
	std::string key;  // the prefix that is held: "192.0.2.7", "2001:db8:1:2::/64", "all"
	std::vector<Level> levels;
};

// "all-sources", "each-source", "each-prefix", "limit", "each-identity".
const char* scope_name(unsigned scope);

// `limits` by number, [0] being "no limit"; `rules` by rule number. A region that reaches past the table reads as empty.
std::vector<LimitReport> report_limits(std::span<const sluice_limit> limits, std::span<const sluice_name> rules,
                                       Buckets buckets, std::uint64_t now_mono_ns);

// The limits that can hold `source`, whose class is `of`: a list's own limit stands in for those on sources and prefixes. What an identity of that source is held to is its own.
std::vector<SourceLimit> report_source(std::span<const sluice_limit> limits, std::span<const sluice_name> rules,
                                       Buckets buckets, const sluice_hash_key& key, const sluice_class& of,
                                       const net::Address& source, std::uint64_t now_mono_ns);

}  // namespace sluice::dump
