// Random frames: honest ones, every disguise, and broken ones, from few enough addresses and ports that lists,
// services and buckets are hit again and again.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/packet.h"

namespace sluice::test {

// std::mt19937_64 is the same everywhere; distributions of the standard library are not, so they are not used.
class Dice {
public:
	explicit Dice(std::uint64_t seed) : engine_(seed) {}

	// 0 to sides - 1. Requires sides > 0.
	std::uint64_t roll(std::uint64_t sides) { return engine_() % sides; }
	bool one_in(std::uint64_t sides) { return roll(sides) == 0; }
	template <typename T>
	const T& pick(const std::vector<T>& items)
	{
		return items[roll(items.size())];
	}

private:
	std::mt19937_64 engine_;
};

// SLUICE_SEED and SLUICE_ROUNDS, or the defaults; whatever they are is printed, so that a failure can be repeated.
std::uint64_t seed_of_run();
std::uint64_t rounds_of_run(std::uint64_t standard);

// Addresses and ports that frames and policies draw from.
extern const std::vector<std::string> kIpv4Sources, kIpv4Destinations, kIpv6Sources, kIpv6Destinations;
extern const std::vector<std::uint16_t> kPorts;

// Well-formed, perhaps in disguise: tags, options, extension headers, fragments, any protocol.
Packet random_packet(Dice& dice);
// The same, one time in three broken: a wrong length, flipped bits, a cut, padding. At least 14 bytes.
Bytes random_frame(Dice& dice);

}  // namespace sluice::test
