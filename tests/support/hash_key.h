// random_key: a key of the source hash, as a loader would draw it, from a seed.
#pragma once

#include <random>

#include "sluice/abi/limit.h"

namespace sluice::test {

inline sluice_hash_key random_key(std::mt19937_64& random)
{
	sluice_hash_key key{};
	for (auto& half : key.multiplier) {
		for (auto& multiplier : half)
			multiplier = random();
	}
	for (auto& addend : key.addend)
		addend = random();
	return key;
}

}  // namespace sluice::test
