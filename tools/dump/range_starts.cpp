#include "dump/range_starts.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "sluice/abi/addr.h"
#include "sluice/core/ranges.h"

namespace sluice::dump {
namespace {

constexpr std::size_t kMostStarts = std::size_t{1} << 27;  // ten million prefixes have fewer
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
	Walk(const policy::RangeImage& image, unsigned family)
	    : image_(image),
	      tables_(family == SLUICE_IPV4 ? SLUICE_RANGES_TABLES_IPV4 : SLUICE_RANGES_TABLES_IPV6),
	      unit_shift_(family == SLUICE_IPV4 ? 32 : 0)
	{
	}

	// False: the image is damaged.
	bool run()
	{
		const auto root = fetch<std::uint64_t>(0);
		if (!root || !visit({*root, 0, 0, 0}))
			return false;
		std::sort(starts_.begin(), starts_.end());
		starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
		return true;
	}

	std::vector<Start> take() { return std::move(starts_); }

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
		constexpr std::size_t per_block = sizeof(policy::RangeImage::Block) / sizeof(Item);
		if (index / per_block >= image_.blocks.size())
			return std::nullopt;
		Item item;
		std::memcpy(&item, image_.blocks[index / per_block].bytes.data() + index % per_block * sizeof(Item), sizeof(item));
		return item;
	}

	bool add(std::uint64_t high, std::uint64_t low = 0)
	{
		starts_.push_back({high, low});
		return starts_.size() < kMostStarts;
	}

	// What follows the upper half `high`; nothing follows the last one.
	bool add_after(std::uint64_t high, std::uint64_t unit) { return high + unit <= high || add(high + unit); }

	bool visit(const Node& node)
	{
		if (!add(node.base))
			return false;
		switch (SLUICE_SLOT_KIND(node.slot)) {
		case SLUICE_SLOT_TABLE:
			return visit_table(node);
		case SLUICE_SLOT_NARROW:
			return visit_narrow(node);
		case SLUICE_SLOT_WIDE:
			return visit_wide(node);
		default:
			return true;
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
			if (!add(high) || !add_after(high, unit(node, SLUICE_NARROW_KEY_BITS)))
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
			if (!add(high) || !add_after(high, unit(node, SLUICE_WIDE_KEY_BITS)))
				return false;
			const bool is_record = (*item >> 16 & 3) == SLUICE_WIDE_RECORD;
			if (is_record && !visit_record(high, *records + (*item & 0xffff)))
				return false;
		}
		return true;
	}

	bool visit_record(std::uint64_t high, std::uint64_t index)
	{
		const auto record = fetch<sluice_record>(index);
		if (!record)
			return false;
		if (!(record->what & SLUICE_RECORD_MANY)) {
			const std::uint64_t size = shifted_left(1, static_cast<unsigned>(64 - (record->what & 0x7f)) & 63);
			return add(high, record->low) && (record->low + size <= record->low || add(high, record->low + size));
		}
		for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(record->what); i++) {
			const auto low = fetch<sluice_record>(record->low + i);
			if (!low || !add(high, low->low))
				return false;
		}
		return true;
	}

	const policy::RangeImage& image_;
	unsigned tables_;
	unsigned unit_shift_;
	std::vector<Start> starts_;
};

}  // namespace

Result<std::vector<Start>> range_starts(const policy::RangeImage& image, unsigned family)
{
	Walk walk(image, family);
	if (!walk.run())
		return Error(ErrorCode::kFailed, "the compiled lists are damaged", "install the policy again");
	return walk.take();
}

}  // namespace sluice::dump
