#include "dump/collect.h"

#include <cstring>

#include "dump/sources.h"
#include "policy/digest.h"

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

Result<void> add_limits(Report& report, const kernel::PinnedView& view, const Wanted& wanted, std::uint64_t now_mono_ns)
{
	const auto& running = view.running();
	SLUICE_TRY_ASSIGN(const auto buckets, view.buckets());
	if (!wanted.source) {
		report.limits = report_limits(running.limits, running.rules, buckets, now_mono_ns);
		return {};
	}
	SLUICE_TRY_ASSIGN(const auto table, view.sources());
	const Lists lists{table.ipv4, table.ipv6, table.classes, running.limits, running.rules};
	SLUICE_TRY_ASSIGN(const auto of, class_of(lists, *wanted.source));
	report.source_limits =
	    report_source(running.limits, running.rules, buckets, running.config.hash, of, *wanted.source, now_mono_ns);
	return {};
}

Result<void> add_sources(Report& report, const kernel::PinnedView& view, const Wanted& wanted)
{
	const auto& running = view.running();
	SLUICE_TRY_ASSIGN(const auto table, view.sources());
	const Lists lists{table.ipv4, table.ipv6, table.classes, running.limits, running.rules};
	if (wanted.source) {
		SLUICE_TRY_ASSIGN(const auto range, report_range_of(lists, *wanted.source));
		report.sources = std::vector<SourceRange>{range};
		return {};
	}
	SLUICE_TRY_ASSIGN(report.sources, report_sources(lists));
	return {};
}

}  // namespace

Result<Report> collect(const kernel::PinnedView& view, const Wanted& wanted, std::uint64_t now_mono_ns)
{
	Report report{.generation = view.running().meta.generation, .source = wanted.source};
	if (wanted.counters) {
		SLUICE_TRY_ASSIGN(const auto counters, view.counters());
		report.counters = telemetry::sum(counters, view.running().services, view.running().rules);
		SLUICE_TRY_ASSIGN(report.counters->shadow, shadow_report(view));
	}
	if (wanted.bans) {
		SLUICE_TRY_ASSIGN(const auto bans, view.bans(now_mono_ns));
		report.bans = ban_report(bans, wanted, now_mono_ns);
	}
	if (wanted.limits)
		SLUICE_TRY(add_limits(report, view, wanted, now_mono_ns));
	if (wanted.sources)
		SLUICE_TRY(add_sources(report, view, wanted));
	return report;
}

}  // namespace sluice::dump
