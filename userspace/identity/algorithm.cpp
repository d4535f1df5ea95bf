#include "identity/algorithm.h"

#include <algorithm>
#include <array>

namespace sluice::identity {
namespace {

struct Entry {
	Algorithm algorithm;
	std::string_view name;
	AlgorithmFamily family;
	unsigned hash_bits;
};

// In the order of the enum.
constexpr std::array kAlgorithms = {
    Entry{Algorithm::kRs256, "RS256", AlgorithmFamily::kRsaPkcs1, 256}, Entry{Algorithm::kRs384, "RS384", AlgorithmFamily::kRsaPkcs1, 384},
    Entry{Algorithm::kRs512, "RS512", AlgorithmFamily::kRsaPkcs1, 512}, Entry{Algorithm::kPs256, "PS256", AlgorithmFamily::kRsaPss, 256},
    Entry{Algorithm::kPs384, "PS384", AlgorithmFamily::kRsaPss, 384},   Entry{Algorithm::kPs512, "PS512", AlgorithmFamily::kRsaPss, 512},
    Entry{Algorithm::kEs256, "ES256", AlgorithmFamily::kEcdsa, 256},    Entry{Algorithm::kEs384, "ES384", AlgorithmFamily::kEcdsa, 384},
    Entry{Algorithm::kEs512, "ES512", AlgorithmFamily::kEcdsa, 512},    Entry{Algorithm::kEdDsa, "EdDSA", AlgorithmFamily::kEdDsa, 0},
    Entry{Algorithm::kHs256, "HS256", AlgorithmFamily::kHmac, 256},     Entry{Algorithm::kHs384, "HS384", AlgorithmFamily::kHmac, 384},
    Entry{Algorithm::kHs512, "HS512", AlgorithmFamily::kHmac, 512},
};

const Entry& entry_of(Algorithm algorithm)
{
	return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

}  // namespace

std::optional<Algorithm> parse_algorithm(std::string_view name)
{
	const auto entry = std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Entry& each) { return each.name == name; });
	return entry == kAlgorithms.end() ? std::nullopt : std::optional(entry->algorithm);
}

std::string_view name_of(Algorithm algorithm)
{
	return entry_of(algorithm).name;
}

AlgorithmFamily family_of(Algorithm algorithm)
{
	return entry_of(algorithm).family;
}

unsigned hash_bits_of(Algorithm algorithm)
{
	return entry_of(algorithm).hash_bits;
}

}  // namespace sluice::identity
