#include "dump/collect.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include "dump/sources.h"
#include "policy/digest.h"
#include "telemetry/names.h"

namespace sluice::dump {
namespace {

std::vector<BanReport> ban_report(const std::vector<datapath::Ban>& bans, const Wanted& wanted, std::uint64_t now_mono_ns)
{
	std::vector<BanReport> report;
	for (const auto& ban : bans) {
		if (wanted.source && !ban.prefix.contains(*wanted.source))
			continue;
		BanReport row{.prefix = ban.prefix, .created_unix_ns = ban.created_unix_ns, .why = ban.why};
		if (ban.expires_mono_ns)
			row.remaining_ns = *ban.expires_mono_ns > now_mono_ns ? *ban.expires_mono_ns - now_mono_ns : 0;
		report.push_back(std::move(row));
	}
	return report;
}

std::vector<OverlayReport> overlay_report(const std::vector<datapath::OverlayEntry>& entries, const Wanted& wanted, std::uint64_t now_mono_ns)
{
	std::vector<OverlayReport> report;
	for (const auto& entry : entries) {
		if (wanted.source && !entry.prefix.contains(*wanted.source))
			continue;
		OverlayReport row{entry.prefix, entry.allows ? "allow" : "deny", {}, entry.created_unix_ns, entry.uid, entry.why};
		if (entry.expires_mono_ns)
			row.remaining_ns = *entry.expires_mono_ns - std::min(*entry.expires_mono_ns, now_mono_ns);
		report.push_back(std::move(row));
	}
	return report;
}

Result<std::optional<telemetry::ShadowStats>> shadow_report(const kernel::PinnedView& view)
{
	SLUICE_TRY_ASSIGN(const auto shadow, view.shadow());
	if (!shadow)
		return std::optional<telemetry::ShadowStats>();
	const sluice_meta& meta = shadow->candidate.meta;
	telemetry::ShadowStats stats = telemetry::sum(shadow->counters, view.running().services);
	stats.path.assign(meta.policy_path, ::strnlen(meta.policy_path, sizeof(meta.policy_path)));
	stats.digest = policy::digest_text(meta);
	stats.since_unix_ns = meta.installed_unix_ns;
	return std::optional(std::move(stats));
}

// Whether the binding can hold a packet from there.
bool concerns(const datapath::Binding& binding, const net::Address& source)
{
	if (const auto* prefix = std::get_if<net::Prefix>(&binding))
		return prefix->contains(source);
	return std::get<datapath::Flow>(binding).source == source;
}

std::vector<LeaseReport> lease_report(const datapath::Leases& leases, const datapath::Running& running, const Wanted& wanted,
				      std::uint64_t now_boot_ns)
{
	std::map<std::uint32_t, const datapath::Identity*> holders;
	for (const auto& identity : leases.identities)
		holders[identity.slot] = &identity;
	std::vector<LeaseReport> report;
	for (const auto& lease : leases.leases) {
		const auto holder = holders.find(lease.slot);
		if (holder == holders.end() || (wanted.source && !concerns(lease.binding, *wanted.source)))
			continue;
		const datapath::Identity& identity = *holder->second;
		const std::uint64_t until = std::min(lease.expires_boot_ns, identity.expires_boot_ns);
		report.push_back({identity.name, identity.authority, datapath::to_string(lease.binding), telemetry::role_names(running.roles, identity.roles),
				  until - std::min(until, now_boot_ns)});
	}
	std::sort(report.begin(), report.end(), [](const LeaseReport& a, const LeaseReport& b) {
		return std::tie(a.authority, a.identity, a.binding) < std::tie(b.authority, b.identity, b.binding);
	});
	return report;
}

Result<void> add_limits(Report& report, const kernel::PinnedView& view, const Wanted& wanted, std::uint64_t now_mono_ns)
{
	const auto& running = view.running();
	SLUICE_TRY_ASSIGN(const auto buckets, view.buckets());
	if (!wanted.source) {
		report.limits = report_limits(running.limits, running.rules, buckets, now_mono_ns);
		return {};
	}
	SLUICE_TRY_ASSIGN(const auto table, view.sources());
	SLUICE_TRY_ASSIGN(const auto overlay, view.overlay(now_mono_ns));
	const Lists lists{table.ipv4, table.ipv6, table.classes, running.limits, running.rules, overlay};
	SLUICE_TRY_ASSIGN(const auto of, class_of(lists, *wanted.source));
	report.source_limits =
	    report_source(running.limits, running.rules, buckets, running.config.hash, of, *wanted.source, now_mono_ns);
	return {};
}

Result<void> add_sources(Report& report, const kernel::PinnedView& view, const Wanted& wanted, std::uint64_t now_mono_ns)
{
	const auto& running = view.running();
	SLUICE_TRY_ASSIGN(const auto table, view.sources());
	SLUICE_TRY_ASSIGN(const auto overlay, view.overlay(now_mono_ns));
	const Lists lists{table.ipv4, table.ipv6, table.classes, running.limits, running.rules, overlay};
	if (wanted.source) {
		SLUICE_TRY_ASSIGN(const auto range, report_range_of(lists, *wanted.source));
		report.sources = std::vector<SourceRange>{range};
		return {};
	}
	SLUICE_TRY_ASSIGN(report.sources, report_sources(lists));
	return {};
}

}  // namespace

Result<Report> collect(const kernel::PinnedView& view, const Wanted& wanted, const Now& now)
{
	Report report{.generation = view.running().meta.generation, .source = wanted.source};
	if (wanted.counters) {
		SLUICE_TRY_ASSIGN(const auto counters, view.counters());
		report.counters = telemetry::sum(counters, view.running().services, view.running().rules);
		SLUICE_TRY_ASSIGN(report.counters->shadow, shadow_report(view));
	}
	if (wanted.bans) {
		SLUICE_TRY_ASSIGN(const auto bans, view.bans(now.mono_ns));
		report.bans = ban_report(bans, wanted, now.mono_ns);
	}
	if (wanted.overlay) {
		SLUICE_TRY_ASSIGN(const auto overlay, view.overlay(now.mono_ns));
		report.overlay = overlay_report(overlay, wanted, now.mono_ns);
	}
	if (wanted.leases) {
		SLUICE_TRY_ASSIGN(const auto leases, view.leases(now.boot_ns));
		report.leases = lease_report(leases, view.running(), wanted, now.boot_ns);
	}
	if (wanted.limits)
		SLUICE_TRY(add_limits(report, view, wanted, now.mono_ns));
	if (wanted.sources)
		SLUICE_TRY(add_sources(report, view, wanted, now.mono_ns));
	return report;
}

}  // namespace sluice::dump
