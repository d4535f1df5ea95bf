// Random: numbers that are the same in every run.
#pragma once

#include <cstdint>
#include <random>

namespace sluice::test {

class Random {
public:
	explicit Random(std::uint64_t seed) : engine_(seed) {}
	std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }

private:
	std::mt19937_64 engine_;
};

}  // namespace sluice::test
