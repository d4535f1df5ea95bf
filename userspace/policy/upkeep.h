// Upkeep: what a policy asks of the files of a list beyond being right: how old they may be, and how much they may lose at
// once. It is no part of a policy's meaning, and not of its digest.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::policy {

class Findings;
struct Yaml;

enum class Stale { kKeep, kDrop };

// Percent of its entries that a file may lose from one policy to the next, where the list does not say; files with fewer
// entries than kFewEntries may then lose any.
inline constexpr unsigned kMostShrink = 50;
inline constexpr std::uint64_t kFewEntries = 100;

struct Upkeep {
	std::optional<std::uint64_t> max_age_ns;  // since a file was last written; none: any age
	Stale stale = Stale::kKeep;               // an older file's entries: go on, or cease
	std::optional<unsigned> max_shrink;       // percent; none: see above
};

// The keys of a source list that begin with max-age, stale and max-shrink.
Upkeep read_upkeep(Findings& findings, const Yaml& source);

// Whether a file that had `before` entries and has `now` lost more than it may.
bool shrank_too_much(const Upkeep& upkeep, std::uint64_t before, std::uint64_t now);

}  // namespace sluice::policy
