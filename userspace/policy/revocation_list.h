// A revocation file: one identity or one SHA-256 fingerprint of a certificate a line; "#" at the beginning of a line or
// behind a blank begins a comment, LF or CRLF. What is written behind an entry is why. Duplicates are tolerated: the first
// counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace sluice::policy {

struct RevokedLine {
	std::string subject;  // as identity/subject.h has it
	std::string why;      // may be empty
	std::uint32_t line = 0;
};

struct RevocationList {
	std::vector<RevokedLine> entries;  // in the order of the file
	Diagnostics diagnostics;           // at `path`, the first kMostRevocationErrors and how many more
};

inline constexpr std::size_t kMostRevocationErrors = 20;
inline constexpr std::size_t kMostRevocationBytes = 64u << 20;  // of a file
inline constexpr std::size_t kMostRevocations = 100'000;
inline constexpr std::size_t kMostWhy = 200;  // bytes of each; what is behind them is not kept

// A file whose last line does not end is wrong: it is still being written.
RevocationList parse_revocations(std::string_view text, const std::string& path);

}  // namespace sluice::policy
