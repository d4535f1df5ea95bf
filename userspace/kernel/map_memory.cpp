#include "kernel/map_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace sluice::kernel {

Result<MapMemory> MapMemory::over(const Map& map, Access access)
{
	const std::size_t bytes = std::size_t{map.shape().max_entries} * map.shape().value_size;
	const int protection = access == Access::kWrite ? PROT_READ | PROT_WRITE : PROT_READ;
	void* at = ::mmap(nullptr, bytes, protection, MAP_SHARED, map.fd(), 0);
	if (at == MAP_FAILED)
		return error_of_errno(errno, "map the memory of " + map.name());
	return MapMemory(at, bytes);
}

MapMemory::MapMemory(MapMemory&& other) noexcept : at_(std::exchange(other.at_, nullptr)), bytes_(other.bytes_) {}

MapMemory::~MapMemory()
{
	if (at_ != nullptr)
		::munmap(at_, bytes_);
}

}  // namespace sluice::kernel
