// Bytes: octets as they came, and the two digests that identify things by them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::identity {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// SHA-256.
using Digest = std::array<std::uint8_t, 32>;

// The digest of a certificate's DER: what `x5t#S256` holds (RFC 8705, 3.1) and audit lines name a certificate by.
struct Thumbprint {
	Digest digest{};

	friend auto operator<=>(const Thumbprint&, const Thumbprint&) = default;
};

inline ByteView bytes_of(std::string_view text)
{
	return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view text_of(ByteView bytes)
{
	return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sluice::identity
