// TypedMap: a Map's keys and values as the types of the ABI. Sizes are checked once, when it is made.
//
// A view: the Map outlives it.
#pragma once

#include <cstring>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernel/map.h"

namespace sluice::kernel {

// Error kUnsupported when the kernel's map has other sizes than these.
inline Result<void> check_sizes(const Map& map, std::size_t key, std::size_t value)
{
	if (map.shape().key_size == key && map.shape().value_size == value)
		return {};
	return Error(ErrorCode::kUnsupported,
		     "map " + map.name() + " has keys of " + std::to_string(map.shape().key_size) + " and values of " +
			     std::to_string(map.shape().value_size) + " bytes, not of " + std::to_string(key) + " and " +
			     std::to_string(value),
		     "it was made by another version of Sluice");
}

template <typename Key, typename Value>
class TypedMap {
	static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);

public:
	static Result<TypedMap> over(const Map& map)
	{
		SLUICE_TRY(check_sizes(map, sizeof(Key), sizeof(Value)));
		return TypedMap(map);
	}

	Result<Value> lookup(const Key& key) const
	{
		Value value{};
		SLUICE_TRY(map_->lookup(&key, &value));
		return value;
	}
	Result<void> update(const Key& key, const Value& value) const { return map_->update(&key, &value); }
	Result<void> erase(const Key& key) const { return map_->erase(&key); }

	Result<bool> empty() const
	{
		Key first{};
		SLUICE_TRY_ASSIGN(const bool found, map_->first_key(&first));
		return !found;
	}

	// Hashes: every entry.
	Result<std::vector<std::pair<Key, Value>>> entries() const
	{
		SLUICE_TRY_ASSIGN(const Map::Entries raw, map_->entries());
		std::vector<std::pair<Key, Value>> entries(raw.count);
		for (std::size_t i = 0; i < raw.count; i++) {
			std::memcpy(&entries[i].first, raw.keys.data() + i * sizeof(Key), sizeof(Key));
			std::memcpy(&entries[i].second, raw.values.data() + i * sizeof(Value), sizeof(Value));
		}
		return entries;
	}

private:
	explicit TypedMap(const Map& map) : map_(&map) {}
	const Map* map_;
};

// The first `count` values of an array.
template <typename Value>
Result<std::vector<Value>> read_array(const Map& map, std::uint32_t count)
{
	static_assert(std::is_trivially_copyable_v<Value>);
	SLUICE_TRY(check_sizes(map, sizeof(std::uint32_t), sizeof(Value)));
	SLUICE_TRY_ASSIGN(const std::vector<std::byte> raw, map.read(count));
	std::vector<Value> values(count);
	if (count > 0)
		std::memcpy(values.data(), raw.data(), raw.size());
	return values;
}

// All values of an array.
template <typename Value>
Result<std::vector<Value>> read_array(const Map& map)
{
	return read_array<Value>(map, map.shape().max_entries);
}

// The first `count` values of a per-processor array, each folded over the processors: add(sum, one).
template <typename Value, typename Add>
Result<std::vector<Value>> read_summed(const Map& map, std::uint32_t count, Add add)
{
	static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) % 8 == 0);
	SLUICE_TRY(check_sizes(map, sizeof(std::uint32_t), sizeof(Value)));
	SLUICE_TRY_ASSIGN(const std::vector<std::byte> raw, map.read(count));
	const std::size_t processors = possible_processors();
	std::vector<Value> sums(count);
	for (std::size_t i = 0; i < count * processors; i++) {
		Value one{};
		std::memcpy(&one, raw.data() + i * sizeof(Value), sizeof(Value));
		add(sums[i / processors], one);
	}
	return sums;
}

}  // namespace sluice::kernel
