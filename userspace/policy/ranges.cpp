#include "policy/ranges.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "policy/address_key.h"
#include "sluice/core/addr.h"
#include "sluice/core/ranges.h"

namespace sluice::policy {
namespace {

// ---- prefixes to disjoint ranges ----

using Key = AddressKey;

struct Interval {
	Key first;
	Key last;
	unsigned length;
	std::uint16_t value;
};

// A range ends where the next one starts.
struct Cut {
	Key start;
	std::uint16_t value;
};

std::vector<Interval> sorted_intervals(const std::vector<RangeEntry>& entries)
{
	std::vector<Interval> intervals;
	intervals.reserve(entries.size());
	for (const RangeEntry& entry : entries) {
		const unsigned length = entry.prefix.length();
		const Key host = length == 0 ? ~Key{0} : length == 128 ? 0 : ~Key{0} >> length;
		const Key first = key_of(entry.prefix.address()) & ~host;
		intervals.push_back({first, first | host, length, entry.value});
	}
	const auto before = [](const Interval& a, const Interval& b) {
		return a.first != b.first ? a.first < b.first : a.length < b.length;
	};
	if (!std::is_sorted(intervals.begin(), intervals.end(), before))
		std::stable_sort(intervals.begin(), intervals.end(), before);
	return intervals;
}

void cut(std::vector<Cut>& cuts, Key start, std::uint16_t value)
{
	if (!cuts.empty() && cuts.back().start == start)
		cuts.pop_back();
	if (cuts.empty() || cuts.back().value != value)
		cuts.push_back({start, value});
}

// One sweep with a stack of the prefixes that are open: they nest.
std::vector<Cut> sweep(const std::vector<Interval>& intervals)
{
	std::vector<Cut> cuts{{0, 0}};
	std::vector<const Interval*> open;
	const auto close = [&] {
		const Key last = open.back()->last;
		open.pop_back();
		if (last != ~Key{0})
			cut(cuts, last + 1, open.empty() ? std::uint16_t{0} : open.back()->value);
	};
	cuts.reserve(2 * intervals.size() + 1);
	for (const Interval& interval : intervals) {
		while (!open.empty() && open.back()->last < interval.first)
			close();
		open.push_back(&interval);
		cut(cuts, interval.first, interval.value);
	}
	while (!open.empty())
		close();
	return cuts;
}

// ---- ranges of the upper half, and what decides below it ----

// From `start` on: a class, or (SPLIT) a number of a lower half.
struct Range {
	std::uint64_t start;
	std::uint32_t value;
};

constexpr std::uint32_t kSplit = 1u << 31;

bool is_split(const Range& range)
{
	return (range.value & kSplit) != 0;
}

struct Low {
	std::uint64_t start;
	std::uint16_t value;
};

struct Ranges {
	std::vector<Range> upper;
	std::vector<Low> lows;            // of every lower half, one after the other
	std::vector<std::size_t> firsts;  // where in `lows` each begins; one more at the end
};

void append(std::vector<Range>& upper, std::uint64_t start, std::uint32_t value)
{
	if (upper.empty() || upper.back().value != value)
		upper.push_back({start, value});
}

Ranges split_halves(const std::vector<Cut>& cuts)
{
	Ranges ranges;
	ranges.upper.reserve(cuts.size());
	std::uint16_t value = 0;  // of what precedes cuts[i]
	for (std::size_t i = 0; i < cuts.size();) {
		const auto high = static_cast<std::uint64_t>(cuts[i].start >> 64);
		std::size_t end = i;
		while (end < cuts.size() && static_cast<std::uint64_t>(cuts[end].start >> 64) == high)
			end++;
		const bool whole = static_cast<std::uint64_t>(cuts[i].start) == 0;
		if (whole && end == i + 1) {
			append(ranges.upper, high, cuts[i].value);
		} else {
			append(ranges.upper, high, kSplit | static_cast<std::uint32_t>(ranges.firsts.size()));
			ranges.firsts.push_back(ranges.lows.size());
			if (!whole)
				ranges.lows.push_back({0, value});
			for (std::size_t k = i; k < end; k++)
				ranges.lows.push_back({static_cast<std::uint64_t>(cuts[k].start), cuts[k].value});
			const bool next = end < cuts.size() && static_cast<std::uint64_t>(cuts[end].start >> 64) == high + 1;
			if (high != ~std::uint64_t{0} && !next)
				append(ranges.upper, high + 1, cuts[end - 1].value);
		}
		value = cuts[end - 1].value;
		i = end;
	}
	ranges.firsts.push_back(ranges.lows.size());
	return ranges;
}

// ---- ranges to blocks ----

struct Shape {
	unsigned tables;       // at most, one below the other
	unsigned unit_shift;   // log2 of an address in the upper half: 32 for IPv4
	unsigned root_bits;    // at least, where there is a root table
};

constexpr Shape kShapeIpv4{SLUICE_RANGES_TABLES_IPV4, 32, 8};
constexpr Shape kShapeIpv6{SLUICE_RANGES_TABLES_IPV6, 0, 9};

constexpr std::size_t kShortList = 8;  // worth no root table
constexpr std::size_t kLongList = 32;  // worth a table of its own
constexpr std::size_t kPerSlot = 8;    // ranges that a slot of such a table stands for
constexpr unsigned kRootFactor = 3;    // log2 of the root table's slots for a range
constexpr unsigned kMaxTableBits = 16;

// The part of the address space that a slot decides: those that share their first `consumed` bits.
struct Node {
	std::uint64_t base;
	unsigned consumed;
	unsigned depth;             // tables above it
	std::span<const Range> in;  // the first covers base
};

std::uint64_t shift_left(std::uint64_t value, unsigned bits)
{
	return bits < 64 ? value << bits : 0;
}

unsigned low_zeros(unsigned consumed, unsigned key_bits)
{
	return consumed + key_bits < 64 ? 64 - consumed - key_bits : 0;
}

class Builder {
public:
	Builder(const Shape& shape, const Ranges& ranges) : shape_(shape), ranges_(ranges) {}

	RangeImage build()
	{
		const std::size_t root = allocate(sizeof(std::uint64_t), sizeof(std::uint64_t));
		write(root, slot_of({0, 0, 0, ranges_.upper}));
		RangeImage image;
		image.blocks.resize((bytes_.size() + sizeof(RangeImage::Block) - 1) / sizeof(RangeImage::Block));
		std::memcpy(image.blocks.data(), bytes_.data(), bytes_.size());
		return image;
	}

private:
	std::size_t allocate(std::size_t size, std::size_t alignment)
	{
		const std::size_t at = (bytes_.size() + alignment - 1) / alignment * alignment;
		bytes_.resize(at + size);
		return at;
	}

	template <typename Value>
	void write(std::size_t at, const Value& value)
	{
		std::memcpy(bytes_.data() + at, &value, sizeof(value));
	}

	// The depth is bounded and yet every list ends up in form. Its length: where more than 2^16 ranges are left, each table
	// above took 13 bits or more, and five such take them all. Its keys: WIDE holds any IPv4 address, and of IPv6 the
	// second table leaves no more bits than WIDE has.
	std::uint64_t slot_of(const Node& node)
	{
		if (node.in.size() == 1 && !is_split(node.in[0]))
			return SLUICE_SLOT(SLUICE_SLOT_CLASS, node.in[0].value, 0, 0);
		const bool narrow = fits(node, SLUICE_NARROW_KEY_BITS) && !holds_split(node);
		const bool wide = fits(node, SLUICE_WIDE_KEY_BITS);
		const std::size_t most = node.depth == 0 ? kShortList : kLongList;
		if (node.depth < shape_.tables && ((!narrow && !wide) || node.in.size() > most))
			return table(node, narrow || wide);
		return narrow ? narrow_list(node) : wide_list(node);
	}

	// Do all keys of a list differ within `bits`?
	bool fits(const Node& node, unsigned bits) const
	{
		const unsigned zeros = low_zeros(node.consumed, bits);
		std::uint64_t starts = 0;
		for (const Range& range : node.in.subspan(1))
			starts |= range.start;
		if (holds_split(node) && zeros > 0)
			return false;
		return (starts & (shift_left(1, zeros) - 1)) == 0;
	}

	static bool holds_split(const Node& node) { return std::any_of(node.in.begin(), node.in.end(), is_split); }

	unsigned table_bits(const Node& node, bool is_optional) const
	{
		const auto magnitude = static_cast<unsigned>(std::bit_width(node.in.size()));
		unsigned bits = 1;
		if (node.depth == 0)
			bits = std::max(shape_.root_bits, magnitude + kRootFactor);
		else if (node.in.size() > 2 * kPerSlot)
			bits = static_cast<unsigned>(std::bit_width(node.in.size() / kPerSlot)) - 1;
		if (!is_optional && node.depth > 0 && node.consumed < SLUICE_WIDE_KEY_SHIFT)
			bits = std::max(bits, SLUICE_WIDE_KEY_SHIFT - node.consumed);
		return std::min({bits, kMaxTableBits, 64 - shape_.unit_shift - node.consumed});
	}

	std::uint64_t table(const Node& node, bool is_optional)
	{
		const unsigned bits = table_bits(node, is_optional);
		const std::size_t count = std::size_t{1} << bits;
		const std::size_t at = allocate(count * sizeof(std::uint64_t), sizeof(std::uint64_t));
		const unsigned below = 64 - node.consumed - bits;
		std::size_t first = 0;
		for (std::size_t i = 0; i < count; i++) {
			const std::uint64_t base = node.base + shift_left(i, below);
			const std::uint64_t last = base + (shift_left(1, below) - 1);
			while (first + 1 < node.in.size() && node.in[first + 1].start <= base)
				first++;
			std::size_t end = first + 1;
			while (end < node.in.size() && node.in[end].start <= last)
				end++;
			write(at + i * sizeof(std::uint64_t),
			      slot_of({base, node.consumed + bits, node.depth + 1, node.in.subspan(first, end - first)}));
			first = end - 1;
		}
		return SLUICE_SLOT(SLUICE_SLOT_TABLE, bits, 0, at / sizeof(std::uint64_t));
	}

	// ---- lists ----

	struct Item {
		std::uint64_t key;  // the address below the node, left-aligned
		std::uint32_t value;
		bool is_point;
	};

	struct List {
		std::uint32_t fallback = 0;
		std::vector<Item> items;
	};

	// The ranges of a node as items. A class of one key, with the list's default behind it, takes one item for both.
	List list_of(const Node& node, unsigned key_bits) const
	{
		const std::uint64_t unit = shift_left(1, std::max(shape_.unit_shift, low_zeros(node.consumed, key_bits)));
		const std::uint64_t end = node.base + shift_left(1, 64 - node.consumed);
		List list;
		if (!is_split(node.in[0]))
			list.fallback = node.in[0].value;
		for (std::size_t i = is_split(node.in[0]) ? 0 : 1; i < node.in.size(); i++) {
			const bool is_last = i + 1 == node.in.size();
			const std::uint64_t start = i == 0 ? node.base : node.in[i].start;
			const std::uint64_t next = is_last ? end : node.in[i + 1].start;
			const bool returns = !is_last && node.in[i + 1].value == list.fallback;
			const bool is_point = is_split(node.in[i]) || (next - start == unit && (is_last || returns));
			list.items.push_back({shift_left(start, node.consumed), node.in[i].value, is_point});
			if (is_point && returns)
				i++;
		}
		return list;
	}

	std::uint64_t narrow_list(const Node& node)
	{
		const List list = list_of(node, SLUICE_NARROW_KEY_BITS);
		const std::size_t at = allocate(list.items.size() * sizeof(std::uint32_t), sizeof(std::uint32_t));
		for (std::size_t i = 0; i < list.items.size(); i++) {
			const Item& item = list.items[i];
			const auto key = static_cast<std::uint32_t>(item.key >> 32) & 0xffff0000u;
			write(at + i * sizeof(std::uint32_t), key | (item.is_point ? SLUICE_NARROW_POINT : 0) | item.value);
		}
		return SLUICE_SLOT(SLUICE_SLOT_NARROW, list.fallback, list.items.size(), at / sizeof(std::uint32_t));
	}

	std::uint64_t wide_list(const Node& node)
	{
		const List list = list_of(node, SLUICE_WIDE_KEY_BITS);
		const std::size_t head = holds_split(node) ? sizeof(std::uint64_t) : 0;
		const std::size_t before = allocate(head + list.items.size() * sizeof(std::uint64_t), sizeof(std::uint64_t));
		const std::size_t at = before + head;
		std::vector<std::uint32_t> splits;
		for (std::size_t i = 0; i < list.items.size(); i++) {
			const Item& item = list.items[i];
			std::uint64_t type = item.is_point ? SLUICE_WIDE_POINT : SLUICE_WIDE_FROM;
			std::uint64_t value = item.value;
			if (item.value & kSplit) {
				type = SLUICE_WIDE_RECORD;
				value = splits.size();
				splits.push_back(item.value & ~kSplit);
			}
			const std::uint64_t key = item.key >> SLUICE_WIDE_KEY_SHIFT << SLUICE_WIDE_KEY_SHIFT;
			write(at + i * sizeof(std::uint64_t), key | type << 16 | value);
		}
		if (!splits.empty())
			write(before, records(splits));
		return SLUICE_SLOT(SLUICE_SLOT_WIDE, list.fallback, list.items.size(), at / sizeof(std::uint64_t));
	}

	// ---- lower halves ----

	std::uint64_t records(const std::vector<std::uint32_t>& splits)
	{
		const std::size_t at = allocate(splits.size() * sizeof(sluice_record), sizeof(sluice_record));
		for (std::size_t i = 0; i < splits.size(); i++)
			write(at + i * sizeof(sluice_record), record(splits[i]));
		return at / sizeof(sluice_record);
	}

	sluice_record record(std::uint32_t split)
	{
		const std::size_t first = ranges_.firsts[split];
		const std::span<const Low> lows(ranges_.lows.data() + first, ranges_.firsts[split + 1] - first);
		const std::size_t inside = lows.size() == 2 && !is_aligned(lows, 1) ? 0 : 1;
		const bool is_one = lows.size() == 2 || (lows.size() == 3 && lows[0].value == lows[2].value);
		if (is_one && is_aligned(lows, inside))
			return one(lows, inside);
		const std::size_t at = allocate(lows.size() * sizeof(sluice_record), sizeof(sluice_record));
		for (std::size_t i = 0; i < lows.size(); i++)
			write(at + i * sizeof(sluice_record), sluice_record{lows[i].start, lows[i].value});
		return {at / sizeof(sluice_record), SLUICE_RECORD_MANY | lows.size()};
	}

	static std::uint64_t size_of(std::span<const Low> lows, std::size_t i)
	{
		return (i + 1 < lows.size() ? lows[i + 1].start : 0) - lows[i].start;
	}

	// Is a range a prefix of the lower half?
	static bool is_aligned(std::span<const Low> lows, std::size_t i)
	{
		const std::uint64_t size = size_of(lows, i);
		return std::has_single_bit(size) && (lows[i].start & (size - 1)) == 0;
	}

	static sluice_record one(std::span<const Low> lows, std::size_t inside)
	{
		const auto length = static_cast<std::uint64_t>(64 - std::countr_zero(size_of(lows, inside)));
		const std::uint64_t rest = lows[inside == 0 ? 1 : 0].value;
		return {lows[inside].start, length | std::uint64_t{lows[inside].value} << 16 | rest << 32};
	}

	const Shape& shape_;
	const Ranges& ranges_;
	std::vector<std::uint8_t> bytes_;
};

RangeImage build_ranges(const std::vector<RangeEntry>& entries, const Shape& shape)
{
	const Ranges ranges = split_halves(sweep(sorted_intervals(entries)));
	return Builder(shape, ranges).build();
}

const void* fetch_block(void* image, std::uint32_t index)
{
	const auto& blocks = static_cast<const RangeImage*>(image)->blocks;
	return index < blocks.size() ? &blocks[index] : nullptr;
}

}  // namespace

RangeImage build_ranges_ipv4(std::vector<RangeEntry> entries)
{
	return build_ranges(entries, kShapeIpv4);
}

RangeImage build_ranges_ipv6(std::vector<RangeEntry> entries)
{
	return build_ranges(entries, kShapeIpv6);
}

std::uint32_t find_ipv4(const RangeImage& image, std::uint32_t address)
{
	return sluice_ranges_find_ipv4(fetch_block, const_cast<RangeImage*>(&image), address);
}

std::uint32_t find_ipv6(const RangeImage& image, std::uint64_t high, std::uint64_t low)
{
	return sluice_ranges_find_ipv6(fetch_block, const_cast<RangeImage*>(&image), high, low);
}

std::uint32_t find_range(const RangeImage& image, const sluice_addr& address, unsigned family)
{
	if (family == SLUICE_IPV4)
		return find_ipv4(image, SLUICE_BE32(address.word[3]));
	return find_ipv6(image, sluice_addr_half(&address, 0), sluice_addr_half(&address, 2));
}

}  // namespace sluice::policy
