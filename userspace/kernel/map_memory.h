// MapMemory: the memory of a mmapable array, shared with the kernel for as long as the object lives.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "kernel/map.h"

namespace sluice::kernel {

class MapMemory {
public:
	enum class Access { kRead, kWrite };

	static Result<MapMemory> over(const Map& map, Access access);
	MapMemory(MapMemory&& other) noexcept;
	MapMemory& operator=(MapMemory&&) = delete;
	~MapMemory();

	void* at() const { return at_; }
	std::size_t bytes() const { return bytes_; }

private:
	MapMemory(void* at, std::size_t bytes) : at_(at), bytes_(bytes) {}
	void* at_;  // null: moved away
	std::size_t bytes_;
};

}  // namespace sluice::kernel
