#include "policy/fields.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "net/digits.h"
#include "net/rate.h"

namespace sluice::policy {
namespace {

constexpr std::string_view kNotYet = "it comes with a later version; leave it out";

bool contains(Words words, std::string_view word)
{
	return std::find(words.begin(), words.end(), word) != words.end();
}

std::string joined(Words words)
{
	std::string text;
	for (const std::string_view word : words)
		text += (text.empty() ? "" : ", ") + std::string(word);
	return text;
}

// Levenshtein distance; words longer than a name are as far as can be.
std::size_t distance(std::string_view a, std::string_view b)
{
	if (a.size() > kLongestName || b.size() > kLongestName)
		return kLongestName;
	std::vector<std::size_t> row(b.size() + 1);
	std::iota(row.begin(), row.end(), 0);
	for (std::size_t i = 0; i < a.size(); i++) {
		std::size_t diagonal = row[0];
		row[0] = i + 1;
		for (std::size_t j = 0; j < b.size(); j++) {
			const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
			diagonal = row[j + 1];
			row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
		}
	}
	return row.back();
}

void check_key(Findings& findings, const Yaml& key, std::string_view what, Words known, Words later)
{
	if (key.kind != Yaml::Kind::kScalar) {
		findings.error(key, "a key of " + std::string(what) + " is " + key.what() + ", not text");
	} else if (contains(later, key.text)) {
		findings.error(key, "'" + key.text + "' is not supported by this version", std::string(kNotYet));
	} else if (!contains(known, key.text)) {
		const std::vector<std::string_view> keys(known);
		findings.error(key, "unknown key " + net::quoted(key.text) + " in " + std::string(what),
			       nearest(findings, key.text, keys, (known.size() == 1 ? "known is " : "known are ") + joined(known)));
	}
}

}  // namespace

void Findings::error(const Yaml& at, std::string message, std::string hint)
{
	append({{Severity::kError, place(at), std::move(message), std::move(hint)}});
}

void Findings::error(const Yaml& at, std::string_view about, const Error& error)
{
	this->error(at, std::string(about) + ": " + error.message(), error.advice());
}

void Findings::append(Diagnostics diagnostics)
{
	for (Diagnostic& diagnostic : diagnostics) {
		if (found_.size() < kMostDiagnostics)
			found_.push_back(std::move(diagnostic));
		else
			omitted_++;
	}
}

Diagnostics Findings::take()
{
	if (omitted_ != 0)
		found_.push_back({Severity::kError, {file_, 0, 0}, std::to_string(omitted_) + " more errors are not shown", ""});
	omitted_ = 0;
	return std::exchange(found_, {});
}

bool check_mapping(Findings& findings, const Yaml& node, std::string_view what, Words known, Words later)
{
	if (node.kind != Yaml::Kind::kMapping) {
		findings.error(node, std::string(what) + " is " + node.what() + ", not a mapping", "its keys are " + joined(known));
		return false;
	}
	std::vector<const Yaml*> seen;
	for (const Yaml& key : node.keys) {
		const auto earlier = std::find_if(seen.begin(), seen.end(), [&key](const Yaml* other) { return other->text == key.text; });
		if (earlier != seen.end() && key.kind == Yaml::Kind::kScalar) {
			findings.error(key, net::quoted(key.text) + " is here twice in " + std::string(what),
				       "the first is in line " + std::to_string((*earlier)->line));
			continue;
		}
		check_key(findings, key, what, known, later);
		// Unknown keys need no memory: what is compared stays as short as the list of known ones.
		if (key.kind == Yaml::Kind::kScalar && contains(known, key.text))
			seen.push_back(&key);
	}
	return true;
}

std::optional<std::string> read_text(Findings& findings, const Yaml& node, std::string_view what)
{
	if (node.kind == Yaml::Kind::kScalar && !node.text.empty())
		return node.text;
	findings.error(node, std::string(what) + " is " + (node.kind == Yaml::Kind::kScalar ? "empty" : node.what()) + ", not text");
	return std::nullopt;
}

std::optional<std::string> read_name(Findings& findings, const Yaml& node, std::string_view what)
{
	auto name = read_text(findings, node, what);
	if (!name)
		return std::nullopt;
	const auto allowed = [](char c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
	};
	if (name->size() > kLongestName || !std::all_of(name->begin(), name->end(), allowed)) {
		findings.error(node, std::string(what) + " " + net::quoted(*name) + " is not a name",
			       "at most 40 of letters, digits, '.', '_' and '-'");
		return std::nullopt;
	}
	return name;
}

std::optional<std::uint64_t> read_count(Findings& findings, const Yaml& node, std::string_view what)
{
	const auto text = read_text(findings, node, what);
	if (!text)
		return std::nullopt;
	auto count = net::parse_count(*text);
	if (count)
		return *count;
	findings.error(node, what, count.error());
	return std::nullopt;
}

std::optional<std::string> read_word(Findings& findings, const Yaml& node, std::string_view what, Words known, Words later)
{
	auto word = read_text(findings, node, what);
	if (!word || contains(known, *word))
		return word;
	if (contains(later, *word))
		findings.error(node, "'" + std::string(what) + ": " + *word + "' is not supported by this version", std::string(kNotYet));
	else
		findings.error(node, std::string(what) + " is " + net::quoted(*word), (known.size() == 1 ? "write " : "write one of ") + joined(known));
	return std::nullopt;
}

std::vector<const Yaml*> read_list(Findings& findings, const Yaml& node, std::string_view what, bool single)
{
	std::vector<const Yaml*> items;
	if (single && node.kind == Yaml::Kind::kScalar) {
		items.push_back(&node);
	} else if (node.kind != Yaml::Kind::kSequence) {
		findings.error(node, std::string(what) + " is " + node.what() + ", not a list", "write [one, another]");
	} else if (node.items.empty()) {
		findings.error(node, std::string(what) + " is an empty list", "leave it out, or name at least one");
	} else {
		for (const Yaml& item : node.items)
			items.push_back(&item);
	}
	return items;
}

std::string nearest(const Findings& findings, std::string_view word, const std::vector<std::string_view>& known,
		    std::string otherwise)
{
	if (findings.full())
		return otherwise;
	const auto best = std::min_element(known.begin(), known.end(), [word](std::string_view a, std::string_view b) {
		return distance(word, a) < distance(word, b);
	});
	if (best == known.end() || distance(word, *best) > (best->size() + 2) / 3)
		return otherwise;
	return "did you mean '" + std::string(*best) + "'?";
}

}  // namespace sluice::policy
