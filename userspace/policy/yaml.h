// YAML text to a tree of values with their places: the part of YAML that the policy language uses. One document;
// no aliases, anchors or tags, so that a value is where it is written and nothing multiplies.
//
// Bounded whatever the text: at most 4 MiB of it, kMostValues values, kMostDepth levels.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace sluice::policy {

struct Yaml {
	enum class Kind { kNull, kScalar, kSequence, kMapping };

	Kind kind = Kind::kNull;
	unsigned line = 0;  // from 1; 0 for the root of an empty text
	unsigned column = 0;
	std::string text;         // of a scalar
	std::vector<Yaml> keys;   // of a mapping, as they are written: one may be there twice
	std::vector<Yaml> items;  // of a sequence, or the values of a mapping

	// The first value of `key` in a mapping; null where there is none, and for what is no mapping.
	const Yaml* find(std::string_view key) const;
	// "a mapping", "a list", "text", "nothing".
	const char* what() const;
};

inline constexpr std::size_t kMostPolicyBytes = 4u << 20;
inline constexpr std::size_t kMostValues = 1u << 19;
inline constexpr unsigned kMostDepth = 16;

struct YamlDocument {
	std::optional<Yaml> root;  // none after an error
	Diagnostics diagnostics;
};

// Where the text is not YAML, one diagnostic says so: nothing after that place can be trusted.
YamlDocument read_yaml(std::string_view text, const std::string& file);

}  // namespace sluice::policy
