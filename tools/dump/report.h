// What the dump tool found, as values; and how it is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dump/limit_report.h"
#include "net/address.h"
#include "net/prefix.h"
#include "telemetry/stats.h"
#include "text/style.h"

namespace sluice::dump {

struct BanReport {
	net::Prefix prefix;
	std::optional<std::uint64_t> remaining_ns;  // none: until lifted
	std::uint64_t created_unix_ns = 0;
	std::string why;
};

// What `sluice allow` and `sluice deny` said.
struct OverlayReport {
	net::Prefix prefix;
	std::string action;                         // "allow", "deny"
	std::optional<std::uint64_t> remaining_ns;  // none: until forgotten
	std::uint64_t created_unix_ns = 0;
	std::uint32_t uid = 0;  // who said it
	std::string why;
};

struct LeaseReport {
	std::string identity;
	std::string authority;
	std::string binding;             // "192.0.2.7:40000 > 203.0.113.10:443 tcp", "192.0.2.7"
	std::vector<std::string> roles;
	std::uint64_t remaining_ns = 0;
};

// Neighbouring addresses that the lists treat alike.
struct SourceRange {
	net::Address first;
	net::Address last;
	std::string list;      // "-": on none
	std::string action;    // "allow", "deny", "-"
	std::string limit;     // the list's own; "-": none
	std::uint64_t failsafe = 0;  // bit i: failsafe entry i + 1 names these sources
};

struct Report {
	std::uint32_t generation = 0;
	std::optional<net::Address> source;  // the one asked about
	std::optional<telemetry::Stats> counters;
	std::optional<std::vector<BanReport>> bans;
	std::optional<std::vector<OverlayReport>> overlay;
	std::optional<std::vector<LeaseReport>> leases;
	std::optional<std::vector<LimitReport>> limits;
	std::optional<std::vector<SourceLimit>> source_limits;  // in place of `limits`
	std::optional<std::vector<SourceRange>> sources;        // one, for the one asked about
};

// Tables, each under its name where there is more than one.
std::string to_text(const Report& report, const text::Style& style);
// One object: {generation, counters: {…}, bans: […], limits: […], sources: […]}, what was asked for.
std::string to_json(const Report& report);
// Prometheus text exposition format 0.0.4.
std::string to_prometheus(const Report& report);

}  // namespace sluice::dump
