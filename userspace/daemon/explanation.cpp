#include "daemon/explanation.h"

#include <algorithm>

#include "control/peer.h"
#include "daemon/overlay.h"
#include "net/limit_algorithm.h"
#include "telemetry/meter_units.h"
#include "telemetry/names.h"
#include "telemetry/reasons.h"

namespace sluice::daemon {
namespace {

using control::Explained;
using control::LimitSay;
using control::SourceSay;

constexpr const char* kUnread = "the daemon adopted this policy and has not read its files: `sluice apply` them for file and line";

SourceSay source_of(const sluice_explanation& found, const datapath::Running& running, const policy::Provenance* provenance)
{
	const net::Address address = net::Address::from_abi(found.source);
	SourceSay source{address.to_string(), "no", {}, {}, {}, 0, {}, {}};
	if (found.listed == SLUICE_SOURCE_UNLISTED)
		return source;
	source.listed = found.listed == SLUICE_SOURCE_DENIED ? "denied" : "allowed";
	source.list = telemetry::name_of(running.rules, found.list);
	if (found.list == SLUICE_RULE_OVERLAY)
		return source;
	if (provenance == nullptr) {
		source.note = kUnread;
	} else if (const auto listing = provenance->find(address)) {
		source.prefix = listing->prefix.to_string();
		source.file = listing->file;
		source.line = listing->line;
		if (!listing->comment.empty())
			source.comment = listing->comment;
	}
	return source;
}

LimitSay say_of(const sluice_asked& asked, const datapath::Running& running, std::uint64_t now_mono_ns)
{
	LimitSay say;
	const unsigned dimension = std::min<unsigned>(asked.dimension, SLUICE_DIMENSIONS - 1);
	if (asked.limit >= running.limits.size())
		return say;
	const sluice_limit& limit = running.limits[asked.limit];
	const sluice_meter& meter = limit.meter[dimension];
	say.name = telemetry::name_of(running.rules, limit.rule);
	say.unit = telemetry::dimension_name(dimension);
	if (meter.cost == 0 || meter.speed == 0)
		return say;
	say.algorithm = net::name_of_algorithm(meter.algorithm);
	say.rate = telemetry::configured_rate(meter, dimension).to_string();
	say.burst = telemetry::configured_burst(meter, dimension);
	say.level = telemetry::in_unit(meter, dimension, asked.level, true);
	say.cost = telemetry::in_unit(meter, dimension, asked.amount, true);
	say.refuses = asked.refuses != 0;
	if (say.refuses && meter.algorithm == SLUICE_SLIDING_LOG)
		say.recovers_in_ns = std::uint64_t{asked.wait_ticks} << SLUICE_TICK_SHIFT;
	else if (say.refuses && asked.amount <= meter.burst)
		say.recovers_in_ns = telemetry::time_to_sink(meter, asked.level + asked.amount - meter.burst, now_mono_ns);
	return say;
}

// The first that refuses, else the one that this packet brings nearest to it.
std::optional<std::size_t> telling(const std::vector<LimitSay>& limits)
{
	std::optional<std::size_t> best;
	double fullest = -1;
	for (std::size_t i = 0; i < limits.size(); i++) {
		if (limits[i].refuses)
			return i;
		const double full = static_cast<double>(limits[i].level + limits[i].cost) / static_cast<double>(std::max<std::uint64_t>(limits[i].burst, 1));
		if (full > fullest) {
			fullest = full;
			best = i;
		}
	}
	return best;
}

control::BanRow row_of(const datapath::Ban& ban, std::uint64_t now_mono_ns, std::uint64_t now_unix_ns)
{
	control::BanRow row{ban.prefix, ban.created_unix_ns, std::nullopt, std::nullopt, ban.why};
	if (ban.expires_mono_ns) {
		row.remaining_ns = *ban.expires_mono_ns - std::min(*ban.expires_mono_ns, now_mono_ns);
		row.expires_unix_ns = now_unix_ns + *row.remaining_ns;
	}
	return row;
}

control::IdentitySay identity_of(const datapath::Identity& identity, const sluice_explanation& found, const datapath::Running& running)
{
	control::IdentitySay say{identity.name, "expired", "flow", telemetry::role_names(running.roles, found.roles)};
	if (found.lease == SLUICE_LEASE_IN_FORCE || found.lease == SLUICE_LEASE_REVOKED)
		say.lease = found.lease == SLUICE_LEASE_IN_FORCE ? "in-force" : "revoked";
	if (found.lease_length == SLUICE_BINDING_FLOW)
		return say;
	const net::Address source = net::Address::from_abi(found.source);
	const unsigned ahead = source.is_ipv4() ? SLUICE_IPV4_PREFIX_BITS : 0;
	const unsigned length = std::max<unsigned>(found.lease_length, ahead) - ahead;
	say.binding = net::Prefix::of(source, std::min(length, source.bits())).to_string();
	return say;
}

// Until every limit that refuses would admit the packet.
std::optional<std::uint64_t> recovery(const std::vector<LimitSay>& limits)
{
	std::optional<std::uint64_t> longest;
	for (const auto& limit : limits) {
		if (limit.refuses && !limit.recovers_in_ns)
			return std::nullopt;
		if (limit.refuses)
			longest = std::max(longest.value_or(0), *limit.recovers_in_ns);
	}
	return longest;
}

void add_rule(Explained& out, const sluice_explanation& found, const datapath::Running& running, const policy::Provenance* provenance)
{
	out.rule_kind = telemetry::rule_kind_name(SLUICE_RULE_NONE);
	if (found.rule == 0)
		return;
	out.rule = telemetry::name_of(running.rules, found.rule);
	if (found.rule < running.rules.size())
		out.rule_kind = telemetry::rule_kind_name(running.rules[found.rule].kind);
	if (found.reason == SLUICE_FAILSAFE && provenance != nullptr)
		out.rule_place = provenance->failsafe(found.rule - SLUICE_RULE_FIRST_FAILSAFE);
	else if (found.rule == found.list && out.source.file)
		out.rule_place = policy::Place{*out.source.file, static_cast<unsigned>(out.source.line), 0};
}

}  // namespace

Explained put_in_words(const datapath::Explanation& explanation, const datapath::Running& running,
		       const policy::Provenance* provenance, std::uint64_t now_unix_ns)
{
	const sluice_explanation& found = explanation.found;
	Explained out;
	out.verdict = explanation.passes ? "pass" : found.reason == SLUICE_COOKIE ? "reply" : "drop";
	out.reason = telemetry::reason_name(found.reason);
	if (const auto* reason = telemetry::find_reason(found.reason))
		out.sentence = reason->sentence;
	out.observed = running.config.observe;
	out.generation = running.meta.generation;
	out.service = telemetry::name_of(running.services, found.service);
	out.length = found.length;
	out.path = telemetry::path_name(found.path);
	out.source = source_of(found, running, provenance);
	add_rule(out, found, running, provenance);
	for (std::uint32_t i = 0; i < std::min(found.count, SLUICE_MAX_ASKED); i++)
		out.limits.push_back(say_of(found.asked[i], running, found.now_mono_ns));
	out.limit = telling(out.limits);
	if (explanation.identity)
		out.identity = identity_of(*explanation.identity, found, running);
	if (explanation.ban)
		out.ban = row_of(*explanation.ban, found.now_mono_ns, now_unix_ns);
	if (explanation.overlay) {
		out.overlay = row_of(*explanation.overlay, found.now_mono_ns, now_unix_ns);
		out.overlay->user = control::user_name(out.overlay->uid);
		if (found.list == SLUICE_RULE_OVERLAY)
			out.source.prefix = out.overlay->prefix.to_string();
	}
	if (found.reason == SLUICE_BANNED && out.ban)
		out.recovers_in_ns = out.ban->remaining_ns;
	else if (!sluice_reason_passes(found.reason))
		out.recovers_in_ns = recovery(out.limits);
	return out;
}

}  // namespace sluice::daemon
