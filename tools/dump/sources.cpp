#include "dump/sources.h"

#include <algorithm>

#include "policy/class_ranges.h"
#include "policy/ranges.h"
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

Result<std::vector<ClassRange>> ranges_of(const Lists& lists, unsigned family)
{
	SLUICE_TRY_ASSIGN(auto ranges, policy::class_ranges(image_of(lists, family), family));
	const auto known = [&lists](const ClassRange& range) { return range.number < lists.classes.size(); };
	if (!std::all_of(ranges.begin(), ranges.end(), known))
		return damaged();
	return ranges;
}

SourceRange described(const Lists& lists, const std::vector<ClassRange>& ranges, std::size_t at, unsigned family)
{
	const auto& of = lists.classes[ranges[at].number];
	const bool listed = of.listed != SLUICE_SOURCE_UNLISTED;
	const bool limited = of.limit != 0 && of.limit < lists.limits.size();
	return {.first = policy::address_of(ranges[at].first, family),
	        .last = policy::address_of(policy::last_of(ranges, at, family), family),
	        .list = listed ? telemetry::name_of(lists.rules, of.rule) : "-",
	        .action = !listed ? "-" : of.listed == SLUICE_SOURCE_DENIED ? "deny" : "allow",
	        .limit = limited ? telemetry::name_of(lists.rules, lists.limits[of.limit].rule) : "-",
	        .failsafe = of.failsafe};
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
	return lists.classes[number];
}

}  // namespace sluice::dump
