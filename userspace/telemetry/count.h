// Count: packets and bytes.
#pragma once

#include <cstdint>

#include <nlohmann/json.hpp>

namespace sluice::telemetry {

struct Count {
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0;  // whole frames

	Count& operator+=(const Count& other)
	{
		packets += other.packets;
		bytes += other.bytes;
		return *this;
	}
	bool operator==(const Count&) const = default;
};

inline nlohmann::json to_json(const Count& count)
{
	return {{"packets", count.packets}, {"bytes", count.bytes}};
}

}  // namespace sluice::telemetry
