// Regions: who owns which sets of the bucket table. Deterministic: the first place that fits, aligned to its size.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace sluice::policy {

// Invariant: regions lie within the table and do not overlap.
class Regions {
public:
	explicit Regions(std::uint32_t sets) : sets_(sets) {}

	// Takes exactly these sets; false, and nothing taken, if they are not free or not in the table.
	bool claim(std::uint32_t first, std::uint32_t count);
	// Takes `count` sets, a power of two; none when there is no room.
	std::optional<std::uint32_t> take(std::uint32_t count);

private:
	std::uint32_t sets_;
	std::map<std::uint32_t, std::uint32_t> taken_;  // first set to count
};

}  // namespace sluice::policy
