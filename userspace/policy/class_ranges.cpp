#include "policy/class_ranges.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "sluice/abi/ranges.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostRanges = std::size_t{1} << 27;  // ten million prefixes have fewer
constexpr unsigned kMostTableBits = 16;

std::uint64_t shifted_left(std::uint64_t value, unsigned bits)
{
	return bits < 64 ? value << bits : 0;
}

std::uint64_t shifted_right(std::uint64_t value, unsigned bits)
{
	return bits < 64 ? value >> bits : 0;
}

class Walk {
public:
	Walk(const RangeImage& image, unsigned family)
	    : image_(image),
	      tables_(family == SLUICE_IPV4 ? SLUICE_RANGES_TABLES_IPV4 : SLUICE_RANGES_TABLES_IPV6),
	      unit_shift_(family == SLUICE_IPV4 ? 32 : 0)
	{
	}

	// False: the image is damaged.
	bool run()
	{
		const auto root = fetch<std::uint64_t>(0);
		return root && visit({*root, 0, 0, 0});
	}

	std::vector<ClassRange> take() { return std::move(ranges_); }

private:
	// A slot and the addresses that it decides: those that share the first `consumed` bits of `base`.
	struct Node {
		std::uint64_t slot;
		std::uint64_t base;
		unsigned consumed;
		unsigned depth;
	};

	// The item at `index`, counted in its own size from the image's start.
	template <typename Item>
	std::optional<Item> fetch(std::uint64_t index) const
	{
		constexpr std::size_t per_block = sizeof(RangeImage::Block) / sizeof(Item);
		if (index / per_block >= image_.blocks.size())
			return std::nullopt;
		Item item;
		std::memcpy(&item, image_.blocks[index / per_block].bytes.data() + index % per_block * sizeof(Item), sizeof(item));
		return item;
	}

	// From an address on. What the walk says later of the same address counts; it never turns back.
	bool add(std::uint64_t high, std::uint64_t low, std::uint32_t number)
	{
		const AddressKey first = static_cast<AddressKey>(high) << 64 | low;
		if (!ranges_.empty() && (first < latest_ || ranges_.size() >= kMostRanges))
			return false;
		latest_ = first;
		if (!ranges_.empty() && ranges_.back().first == first)
			ranges_.pop_back();
		const auto value = static_cast<std::uint16_t>(number & 0x7fff);
		if (ranges_.empty() || ranges_.back().number != value)
			ranges_.push_back({first, value});
		return true;
	}

	// The list's default, behind what is decided up to the upper half `high`; nothing follows the last one.
	bool add_after(std::uint64_t high, std::uint64_t unit, std::uint32_t number)
	{
		return high + unit <= high || add(high + unit, 0, number);
	}

	bool visit(const Node& node)
	{
		switch (SLUICE_SLOT_KIND(node.slot)) {
		case SLUICE_SLOT_TABLE:
			return visit_table(node);
		case SLUICE_SLOT_NARROW:
			return add(node.base, 0, SLUICE_SLOT_VALUE(node.slot)) && visit_narrow(node);
		case SLUICE_SLOT_WIDE:
			return add(node.base, 0, SLUICE_SLOT_VALUE(node.slot)) && visit_wide(node);
		default:
			return add(node.base, 0, SLUICE_SLOT_VALUE(node.slot));
		}
	}

	bool visit_table(const Node& node)
	{
		const unsigned bits = SLUICE_SLOT_VALUE(node.slot);
		if (node.depth == tables_ || bits == 0 || bits > kMostTableBits || node.consumed + bits > 64)
			return false;
		const unsigned consumed = node.consumed + bits;
		for (std::uint64_t i = 0; i < std::uint64_t{1} << bits; i++) {
			const auto slot = fetch<std::uint64_t>(SLUICE_SLOT_FIRST(node.slot) + i);
			if (!slot || !visit({*slot, node.base + shifted_left(i, 64 - consumed), consumed, node.depth + 1}))
				return false;
		}
		return true;
	}

	// The smallest step of a list's keys.
	std::uint64_t unit(const Node& node, unsigned key_bits) const
	{
		const unsigned below = node.consumed + key_bits < 64 ? 64 - node.consumed - key_bits : 0;
		return std::uint64_t{1} << std::max(unit_shift_, below);
	}

	bool visit_narrow(const Node& node)
	{
		for (std::uint32_t i = 0; i < SLUICE_SLOT_COUNT(node.slot); i++) {
			const auto item = fetch<std::uint32_t>(SLUICE_SLOT_FIRST(node.slot) + std::uint64_t{i});
			if (!item)
				return false;
			const std::uint64_t key = std::uint64_t{*item >> SLUICE_NARROW_KEY_BITS} << (64 - SLUICE_NARROW_KEY_BITS);
			const std::uint64_t high = node.base + shifted_right(key, node.consumed);
			const bool is_point = (*item & SLUICE_NARROW_POINT) != 0;
			if (!add(high, 0, *item) ||
			    (is_point && !add_after(high, unit(node, SLUICE_NARROW_KEY_BITS), SLUICE_SLOT_VALUE(node.slot))))
				return false;
		}
		return true;
	}

	bool visit_wide(const Node& node)
	{
		const std::uint64_t first = SLUICE_SLOT_FIRST(node.slot);
		const auto records = first > 0 ? fetch<std::uint64_t>(first - 1) : std::nullopt;
		for (std::uint32_t i = 0; i < SLUICE_SLOT_COUNT(node.slot); i++) {
			const auto item = fetch<std::uint64_t>(first + i);
			if (!item || !records)
				return false;
			const std::uint64_t key = *item >> SLUICE_WIDE_KEY_SHIFT << SLUICE_WIDE_KEY_SHIFT;
			const std::uint64_t high = node.base + shifted_right(key, node.consumed);
			const std::uint32_t type = *item >> 16 & 3;
			const bool added = type == SLUICE_WIDE_RECORD ? visit_record(high, *records + (*item & 0xffff))
								      : add(high, 0, static_cast<std::uint32_t>(*item));
			if (!added || (type != SLUICE_WIDE_FROM &&
				       !add_after(high, unit(node, SLUICE_WIDE_KEY_BITS), SLUICE_SLOT_VALUE(node.slot))))
				return false;
		}
		return true;
	}

	bool visit_record(std::uint64_t high, std::uint64_t index)
	{
		const auto record = fetch<sluice_record>(index);
		if (!record)
			return false;
		if (record->what & SLUICE_RECORD_MANY)
			return visit_many(high, *record);
		const std::uint64_t size = shifted_left(1, static_cast<unsigned>(64 - (record->what & 0x7f)) & 63);
		const auto inside = static_cast<std::uint32_t>(record->what >> 16);
		const auto rest = static_cast<std::uint32_t>(record->what >> 32);
		return add(high, 0, rest) && add(high, record->low, inside) &&
		       (record->low + size <= record->low || add(high, record->low + size, rest));
	}

	bool visit_many(std::uint64_t high, const sluice_record& many)
	{
		for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(many.what); i++) {
			const auto low = fetch<sluice_record>(many.low + i);
			if (!low || !add(high, low->low, static_cast<std::uint32_t>(low->what)))
				return false;
		}
		return true;
	}

	const RangeImage& image_;
	unsigned tables_;
	unsigned unit_shift_;
	std::vector<ClassRange> ranges_;
	AddressKey latest_ = 0;
};

}  // namespace

Result<std::vector<ClassRange>> class_ranges(const RangeImage& image, unsigned family)
{
	Walk walk(image, family);
	if (!walk.run())
		return Error(ErrorCode::kFailed, "the compiled lists are damaged", "install the policy again");
	return walk.take();
}

AddressKey last_of(const std::vector<ClassRange>& ranges, std::size_t at, unsigned family)
{
	return at + 1 < ranges.size() ? ranges[at + 1].first - key_step(family) : last_key(family);
}

}  // namespace sluice::policy
