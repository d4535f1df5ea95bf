#include "policy/regions.h"

#include <algorithm>
#include <iterator>

namespace sluice::policy {

bool Regions::claim(std::uint32_t first, std::uint32_t count)
{
	if (count == 0 || count > sets_ || first > sets_ - count)
		return false;
	const auto next = taken_.lower_bound(first);
	if (next != taken_.end() && next->first - first < count)
		return false;
	if (next != taken_.begin()) {
		const auto before = std::prev(next);
		if (first - before->first < before->second)
			return false;
	}
	taken_.emplace(first, count);
	return true;
}

std::optional<std::uint32_t> Regions::take(std::uint32_t count)
{
	const auto aligned = [count](std::uint64_t at) { return (at + count - 1) / count * count; };
	std::uint64_t candidate = 0;
	for (const auto& [first, size] : taken_) {
		if (candidate + count <= first)
			break;
		candidate = std::max(candidate, aligned(std::uint64_t{first} + size));
	}
	if (candidate + count > sets_)
		return std::nullopt;
	taken_.emplace(static_cast<std::uint32_t>(candidate), count);
	return static_cast<std::uint32_t>(candidate);
}

}  // namespace sluice::policy
