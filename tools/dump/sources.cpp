#include "dump/sources.h"

#include <algorithm>

#include "dump/range_starts.h"
#include "policy/ranges.h"
#include "telemetry/names.h"

namespace sluice::dump {
namespace {

constexpr Start kLastIpv4{0xffffffff00000000, 0};
constexpr Start kLastIpv6{~0ull, ~0ull};

Start start_of(const net::Address& address)
{
	const auto& bytes = address.bytes();
	const auto word = [&](std::size_t from, std::size_t count) {
		std::uint64_t value = 0;
		for (std::size_t i = from; i < from + count; i++)
			value = value << 8 | bytes[i];
		return value;
	};
	return address.is_ipv4() ? Start{word(12, 4) << 32, 0} : Start{word(0, 8), word(8, 8)};
}

net::Address address_of(const Start& start, unsigned family)
{
	std::array<std::uint8_t, 16> bytes{};
	const auto put = [&](std::uint64_t value, std::size_t from, std::size_t count) {
		for (std::size_t i = from + count; i-- > from; value >>= 8)
			bytes[i] = static_cast<std::uint8_t>(value);
	};
	if (family == SLUICE_IPV4) {
		bytes[10] = bytes[11] = 0xff;
		put(start.high >> 32, 12, 4);
	} else {
		put(start.high, 0, 8);
		put(start.low, 8, 8);
	}
	return net::Address::from_bytes(bytes);
}

Start before(const Start& start, unsigned family)
{
	if (family == SLUICE_IPV4)
		return {start.high - (1ull << 32), 0};
	return start.low == 0 ? Start{start.high - 1, ~0ull} : Start{start.high, start.low - 1};
}

Result<std::uint16_t> class_number(const Lists& lists, const Start& at, unsigned family)
{
	const std::uint32_t found = family == SLUICE_IPV4 ? policy::find_ipv4(lists.ipv4, static_cast<std::uint32_t>(at.high >> 32))
	                                                  : policy::find_ipv6(lists.ipv6, at.high, at.low);
	if (found >= lists.classes.size())
		return Error(ErrorCode::kFailed, "the compiled lists are damaged", "install the policy again");
	return static_cast<std::uint16_t>(found);
}

// A range by its first address, until the next one's.
struct ClassRange {
	Start first;
	std::uint16_t number;
};

Result<std::vector<ClassRange>> class_ranges(const Lists& lists, unsigned family)
{
	SLUICE_TRY_ASSIGN(const auto starts, range_starts(family == SLUICE_IPV4 ? lists.ipv4 : lists.ipv6, family));
	std::vector<ClassRange> ranges;
	for (const auto& start : starts) {
		SLUICE_TRY_ASSIGN(const auto number, class_number(lists, start, family));
		if (ranges.empty() || ranges.back().number != number)
			ranges.push_back({start, number});
	}
	return ranges;
}

SourceRange described(const Lists& lists, const std::vector<ClassRange>& ranges, std::size_t at, unsigned family)
{
	const auto& of = lists.classes[ranges[at].number];
	const Start last = at + 1 < ranges.size() ? before(ranges[at + 1].first, family)
	                   : family == SLUICE_IPV4 ? kLastIpv4
	                                           : kLastIpv6;
	const bool listed = of.listed != SLUICE_SOURCE_UNLISTED;
	const bool limited = of.limit != 0 && of.limit < lists.limits.size();
	return {.first = address_of(ranges[at].first, family),
	        .last = address_of(last, family),
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
		SLUICE_TRY_ASSIGN(const auto ranges, class_ranges(lists, family));
		for (std::size_t i = 0; i < ranges.size(); i++) {
			if (ranges[i].number != 0)
				report.push_back(described(lists, ranges, i, family));
		}
	}
	return report;
}

Result<SourceRange> report_range_of(const Lists& lists, const net::Address& source)
{
	SLUICE_TRY_ASSIGN(const auto ranges, class_ranges(lists, source.family()));
	const auto after = std::upper_bound(ranges.begin(), ranges.end(), start_of(source),
	                                    [](const Start& start, const ClassRange& range) { return start < range.first; });
	return described(lists, ranges, static_cast<std::size_t>(after - ranges.begin()) - 1, source.family());
}

Result<sluice_class> class_of(const Lists& lists, const net::Address& source)
{
	SLUICE_TRY_ASSIGN(const auto number, class_number(lists, start_of(source), source.family()));
	return lists.classes[number];
}

}  // namespace sluice::dump
