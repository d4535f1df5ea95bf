// What the readers of a policy's parts share: diagnostics with places, scalars, and mappings with known keys.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/diagnostic.h"
#include "policy/yaml.h"

namespace sluice::policy {

inline constexpr std::size_t kMostDiagnostics = 200;
inline constexpr std::size_t kLongestName = 40;

// Collects diagnostics of one file. At most kMostDiagnostics; what comes after is counted.
class Findings {
public:
	explicit Findings(std::string file) : file_(std::move(file)) {}

	Place place(const Yaml& at) const { return {file_, at.line, at.column}; }
	void error(const Yaml& at, std::string message, std::string hint = {});
	// `error` as it came, told of what it is about.
	void error(const Yaml& at, std::string_view about, const Error& error);
	void append(Diagnostics diagnostics);
	// Nothing more will be shown: hints need not be sought.
	bool full() const { return found_.size() >= kMostDiagnostics; }
	// What was found, with how many more there were.
	Diagnostics take();

private:
	std::string file_;
	Diagnostics found_;
	std::size_t omitted_ = 0;
};

using Words = std::initializer_list<std::string_view>;

// Says so and returns false unless `node` is a mapping. Reports keys that are there twice, that nobody knows (with the
// nearest that is known) and, of `later`, that a later version will know.
bool check_mapping(Findings& findings, const Yaml& node, std::string_view what, Words known, Words later = {});

// Each says what is wrong and returns nothing unless the node is what it should be.
std::optional<std::string> read_text(Findings& findings, const Yaml& node, std::string_view what);
std::optional<std::string> read_name(Findings& findings, const Yaml& node, std::string_view what);
std::optional<std::uint64_t> read_count(Findings& findings, const Yaml& node, std::string_view what);
// One of `known`; of `later`, a later version knows it.
std::optional<std::string> read_word(Findings& findings, const Yaml& node, std::string_view what, Words known, Words later = {});
// The items of a list that is not empty; a single value where `single` allows it.
std::vector<const Yaml*> read_list(Findings& findings, const Yaml& node, std::string_view what, bool single = false);

// "did you mean 'X'?", or `otherwise`; always `otherwise` once the findings are full.
std::string nearest(const Findings& findings, std::string_view word, const std::vector<std::string_view>& known, std::string otherwise);

}  // namespace sluice::policy
