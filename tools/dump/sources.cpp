#include "dump/sources.h"

#include <algorithm>

#include "policy/class_ranges.h"
#include "policy/ranges.h"
#include "sluice/core/overlay.h"
#include "telemetry/names.h"

namespace sluice::dump {
namespace {

using policy::ClassRange;

const policy::RangeImage& image_of(const Lists& lists, unsigned family)
{
	return family == SLUICE_IPV4 ? lists.ipv4 : lists.ipv6;
}

Error damaged()
{
	return Error(ErrorCode::kFailed, "the compiled lists are damaged", "install the policy again");
}

// Neighbours that differ in the length of the prefix alone are alike to people.
bool alike(const sluice_class& a, const sluice_class& b)
{
	return a.failsafe == b.failsafe && a.rule == b.rule && a.limit == b.limit && a.listed == b.listed;
}

Result<std::vector<ClassRange>> ranges_of(const Lists& lists, unsigned family)
{
	SLUICE_TRY_ASSIGN(auto ranges, policy::class_ranges(image_of(lists, family), family));
	const auto known = [&lists](const ClassRange& range) { return range.number < lists.classes.size(); };
	if (!std::all_of(ranges.begin(), ranges.end(), known))
		return damaged();
	const auto joined = std::unique(ranges.begin(), ranges.end(), [&lists](const ClassRange& a, const ClassRange& b) {
		return alike(lists.classes[a.number], lists.classes[b.number]);
	});
	ranges.erase(joined, ranges.end());
	return ranges;
}

SourceRange described(const Lists& lists, const sluice_class& of, const net::Address& first, const net::Address& last)
{
	const bool listed = of.listed != SLUICE_SOURCE_UNLISTED;
	const bool limited = of.limit != 0 && of.limit < lists.limits.size();
	return {.first = first,
	        .last = last,
	        .list = listed ? telemetry::name_of(lists.rules, of.rule) : "-",
	        .action = !listed ? "-" : of.listed == SLUICE_SOURCE_DENIED ? "deny" : "allow",
	        .limit = limited ? telemetry::name_of(lists.rules, lists.limits[of.limit].rule) : "-",
	        .failsafe = of.failsafe};
}

SourceRange described(const Lists& lists, const std::vector<ClassRange>& ranges, std::size_t at, unsigned family)
{
	return described(lists, lists.classes[ranges[at].number], policy::address_of(ranges[at].first, family),
	                 policy::address_of(policy::last_of(ranges, at, family), family));
}

// The longest that holds the address.
const datapath::OverlayEntry* entry_of(const Lists& lists, const net::Address& source)
{
	const datapath::OverlayEntry* longest = nullptr;
	for (const auto& entry : lists.overlay) {
		if (entry.prefix.contains(source) && (longest == nullptr || longest->prefix.length() < entry.prefix.length()))
			longest = &entry;
	}
	return longest;
}

}  // namespace

Result<std::vector<SourceRange>> report_sources(const Lists& lists)
{
	std::vector<SourceRange> report;
	for (const unsigned family : {SLUICE_IPV4, SLUICE_IPV6}) {
		SLUICE_TRY_ASSIGN(const auto ranges, ranges_of(lists, family));
		for (std::size_t i = 0; i < ranges.size(); i++) {
			if (ranges[i].number != 0)
				report.push_back(described(lists, ranges, i, family));
		}
	}
	return report;
}

Result<SourceRange> report_range_of(const Lists& lists, const net::Address& source)
{
	SLUICE_TRY_ASSIGN(const sluice_class of, class_of(lists, source));
	if (of.rule == SLUICE_RULE_OVERLAY)
		return described(lists, of, source, source);
	SLUICE_TRY_ASSIGN(const auto ranges, ranges_of(lists, source.family()));
	const auto after = std::upper_bound(ranges.begin(), ranges.end(), policy::key_of(source),
	                                    [](policy::AddressKey key, const ClassRange& range) { return key < range.first; });
	return described(lists, ranges, static_cast<std::size_t>(after - ranges.begin()) - 1, source.family());
}

Result<sluice_class> class_of(const Lists& lists, const net::Address& source)
{
	const std::uint32_t number = policy::find_range(image_of(lists, source.family()), source.to_abi(), source.family());
	if (number >= lists.classes.size())
		return damaged();
	sluice_class of = lists.classes[number];
	if (const auto* entry = entry_of(lists, source))
		sluice_overlay(&of, entry->allows ? SLUICE_SOURCE_ALLOWED : SLUICE_SOURCE_DENIED,
		               static_cast<__u8>(entry->prefix.mapped_length()));
	return of;
}

}  // namespace sluice::dump
