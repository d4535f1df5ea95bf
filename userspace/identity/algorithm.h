// Algorithm: how a JSON Web Signature is made (RFC 7518, 3.1; RFC 8037, 3.1). There is no "none".
#pragma once

#include <optional>
#include <string_view>

namespace sluice::identity {

enum class Algorithm {
	kRs256, kRs384, kRs512,
	kPs256, kPs384, kPs512,
	kEs256, kEs384, kEs512,
	kEdDsa,
	kHs256, kHs384, kHs512,
};

enum class AlgorithmFamily { kRsaPkcs1, kRsaPss, kEcdsa, kEdDsa, kHmac };

// "RS256", as in a header: case counts. Nothing for what is not in the list above.
std::optional<Algorithm> parse_algorithm(std::string_view name);
std::string_view name_of(Algorithm algorithm);
AlgorithmFamily family_of(Algorithm algorithm);
// 256, 384 or 512: the bits of its hash. EdDSA hashes in its own way: 0.
unsigned hash_bits_of(Algorithm algorithm);

}  // namespace sluice::identity
