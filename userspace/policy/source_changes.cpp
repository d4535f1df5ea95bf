#include "policy/source_changes.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <unordered_map>

#include "policy/class_ranges.h"
#include "policy/coverage.h"
#include "policy/numbering.h"
#include "policy/words.h"

namespace sluice::policy {
namespace {

// How a policy treats the sources of a class.
struct Standing {
	bool passes = false;
	bool listed = false;  // allowed by a list
	std::string limit;    // words of its list's own
	std::string words;    // "denied by list 'scanners'"
	std::uint64_t failsafe = 0;
};

std::vector<Standing> standings_of(const Meaning& meaning)
{
	std::map<std::string, std::string> limits;
	for (const Source& source : meaning.policy.sources) {
		if (source.limit)
			limits.emplace(source.name, words_of(*source.limit));
	}
	const bool default_deny = meaning.policy.default_action == Action::kDeny;
	std::vector<Standing> standings;
	for (const sluice_class& each : meaning.image.classes) {
		Standing standing;
		standing.failsafe = each.failsafe;
		standing.listed = each.listed == SLUICE_SOURCE_ALLOWED;
		standing.passes = standing.listed || (each.listed == SLUICE_SOURCE_UNLISTED && !default_deny);
		standing.words = standing.passes ? "allowed by " : "denied by ";
		if (each.listed == SLUICE_SOURCE_UNLISTED) {
			standing.words += "default";
		} else {
			const std::string list = text_of(meaning.image.rule_names.at(each.rule));
			const auto limit = limits.find(list);
			standing.words += "list '" + list + "'";
			if (limit != limits.end() && each.limit != 0) {
				standing.limit = limit->second;
				standing.words += ", each source limited to " + limit->second;
			}
		}
		standings.push_back(std::move(standing));
	}
	return standings;
}

std::optional<ChangeKind> kind_of(const Standing& before, const Standing& after)
{
	if (before.passes != after.passes)
		return after.passes ? ChangeKind::kAllowed : ChangeKind::kDenied;
	if (before.listed != after.listed)
		return after.listed ? ChangeKind::kListed : ChangeKind::kUnlisted;
	if (before.limit != after.limit)
		return ChangeKind::kLimited;
	return before.words != after.words ? std::optional(ChangeKind::kMoved) : std::nullopt;
}

// Collects ranges under what changes in them.
class Collector {
public:
	Collector(const Meaning& before, const Meaning& after)
	    : before_(standings_of(before)), after_(standings_of(after)), covered_before_(before.image), covered_after_(after.image)
	{
	}

	// A range of the address space, and its classes in both policies. False: there is no such class.
	bool add(AddressKey first, AddressKey last, unsigned family, std::pair<std::uint16_t, std::uint16_t> classes)
	{
		if (classes.first >= before_.size() || classes.second >= after_.size())
			return false;
		for (const std::size_t group : groups_of(classes))
			extents_[group].add(first, last, family);
		return true;
	}

	Changes take()
	{
		for (std::size_t i = 0; i < changes_.size(); i++)
			changes_[i].sources = extents_[i].take();
		return std::move(changes_);
	}

private:
	using Group = std::tuple<ChangeKind, std::string, std::string>;

	const std::vector<std::size_t>& groups_of(std::pair<std::uint16_t, std::uint16_t> classes)
	{
		const std::uint32_t key = std::uint32_t{classes.first} << 16 | classes.second;
		const auto [place, fresh] = known_.try_emplace(key);
		if (fresh) {
			const Standing& a = before_[classes.first];
			const Standing& b = after_[classes.second];
			if (const auto kind = kind_of(a, b))
				place->second.push_back(group_of({Part::kSources, *kind, {}, a.words, b.words, {}, false}));
			for (const std::size_t group : failsafe_groups(a.failsafe, b.failsafe))
				place->second.push_back(group);
		}
		return place->second;
	}

	const std::vector<std::size_t>& failsafe_groups(std::uint64_t before, std::uint64_t after)
	{
		const auto [place, fresh] = failsafe_.try_emplace({before, after});
		if (!fresh || (before == 0 && after == 0))
			return place->second;
		const CellSet held = covered_before_.of(before);
		const CellSet holds = covered_after_.of(after);
		const CellSet lost = held & ~holds;
		const CellSet gained = holds & ~held;
		if (lost.any())
			place->second.push_back(group_of({Part::kFailsafe, ChangeKind::kLost, words_of(lost), {}, {}, {}, true}));
		if (gained.any())
			place->second.push_back(group_of({Part::kFailsafe, ChangeKind::kGained, words_of(gained), {}, {}, {}, false}));
		return place->second;
	}

	std::size_t group_of(Change change)
	{
		const Group group{change.kind, change.part == Part::kFailsafe ? change.subject : change.before, change.after};
		const auto [place, fresh] = groups_.try_emplace(group, changes_.size());
		if (fresh) {
			changes_.push_back(std::move(change));
			extents_.emplace_back();
		}
		return place->second;
	}

	std::vector<Standing> before_;
	std::vector<Standing> after_;
	Coverage covered_before_;
	Coverage covered_after_;
	std::unordered_map<std::uint32_t, std::vector<std::size_t>> known_;
	std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::size_t>> failsafe_;
	std::map<Group, std::size_t> groups_;
	std::vector<ExtentBuilder> extents_;
	Changes changes_;
};

Result<void> sweep(const Image& before, const Image& after, unsigned family, Collector& collector)
{
	SLUICE_TRY_ASSIGN(const auto old_ranges, class_ranges(before.sources[family], family));
	SLUICE_TRY_ASSIGN(const auto new_ranges, class_ranges(after.sources[family], family));
	std::size_t i = 0;
	std::size_t j = 0;
	while (i < old_ranges.size() && j < new_ranges.size()) {
		const AddressKey old_last = last_of(old_ranges, i, family);
		const AddressKey new_last = last_of(new_ranges, j, family);
		const AddressKey last = std::min(old_last, new_last);
		const AddressKey first = std::max(old_ranges[i].first, new_ranges[j].first);
		if (!collector.add(first, last, family, {old_ranges[i].number, new_ranges[j].number}))
			return Error(ErrorCode::kFailed, "the compiled lists are damaged", "install the policy again");
		i += old_last == last ? 1 : 0;
		j += new_last == last ? 1 : 0;
	}
	return {};
}

}  // namespace

Result<Changes> source_changes(const Meaning& before, const Meaning& after)
{
	Collector collector(before, after);
	for (const unsigned family : {SLUICE_IPV4, SLUICE_IPV6})
		SLUICE_TRY(sweep(before.image, after.image, family, collector));
	return collector.take();
}

}  // namespace sluice::policy
