#include "cli/render_diff.h"

#include <map>

#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

using policy::Change;
using policy::ChangeKind;
using policy::Part;

struct Mark {
	const char* sign;
	text::Colour colour;
};

Mark mark_of(const Change& change)
{
	if (change.grave)
		return {"!", text::Colour::kRed};
	switch (change.kind) {
	case ChangeKind::kAdded:
	case ChangeKind::kGained:
	case ChangeKind::kAllowed:
	case ChangeKind::kListed:
		return {"+", text::Colour::kGreen};
	case ChangeKind::kRemoved:
	case ChangeKind::kLost:
	case ChangeKind::kDenied:
	case ChangeKind::kUnlisted:
		return {"-", text::Colour::kRed};
	case ChangeKind::kChanged:
	case ChangeKind::kLimited:
	case ChangeKind::kMoved:
		break;
	}
	return {"~", text::Colour::kYellow};
}

// "64 addresses", "64 IPv4 and 2^64 IPv6 addresses".
std::string addresses(const policy::Extent& extent)
{
	const std::string one = extent.ipv4.words() == "1" || extent.ipv6.words() == "1" ? "address" : "addresses";
	if (extent.ipv6.is_zero())
		return extent.ipv4.words() + " " + one;
	if (extent.ipv4.is_zero())
		return extent.ipv6.words() + " IPv6 " + one;
	return extent.ipv4.words() + " IPv4 and " + extent.ipv6.words() + " IPv6 addresses";
}

std::string whom(const policy::Extent& extent)
{
	std::string text = addresses(extent) + " in " + text::counted(extent.prefixes, "prefix", "prefixes") + ": ";
	for (std::size_t i = 0; i < extent.first.size(); i++)
		text += (i == 0 ? "" : ", ") + extent.first[i];
	return text + (extent.first.size() < extent.prefixes ? ", …" : "");
}

std::string turn(const Change& change)
{
	if (change.before.empty())
		return change.after;
	if (change.after.empty())
		return "was: " + change.before;
	return change.before + " -> " + change.after;
}

const char* verb_of(ChangeKind kind)
{
	switch (kind) {
	case ChangeKind::kDenied:
		return "become denied";
	case ChangeKind::kAllowed:
		return "become allowed";
	case ChangeKind::kListed:
		return "get on an allow list";
	case ChangeKind::kUnlisted:
		return "get off the allow lists";
	case ChangeKind::kLimited:
		return "are limited otherwise";
	case ChangeKind::kMoved:
		return "are treated alike, by another list";
	default:
		return policy::kind_name(kind);
	}
}

std::string sentence(const Change& change)
{
	const std::string subject = change.subject.empty() ? "" : change.subject + ": ";
	const std::string who = change.sources ? whom(*change.sources) : "";
	switch (change.part) {
	case Part::kMode:
	case Part::kDefault:
	case Part::kFragments:
		return std::string(policy::part_name(change.part)) + ": " + turn(change);
	case Part::kFailsafe:
		return std::string(change.kind == ChangeKind::kLost ? "FAILSAFE LOST: " : "failsafe gained: ") + change.subject + " from " + who;
	case Part::kSources:
		return "sources " + std::string(verb_of(change.kind)) + ": " + who + "\n      " + turn(change);
	case Part::kServices:
		return "service " + std::string(verb_of(change.kind)) + ": " + subject + turn(change);
	case Part::kLimits:
		return "limit " + std::string(verb_of(change.kind)) + ": " + subject + turn(change);
	case Part::kIdentity:
		return "identity " + std::string(verb_of(change.kind)) + ": " + subject + turn(change);
	}
	return subject + turn(change);
}

std::string name_of(const control::DiffSide& side)
{
	return side.generation == 0 ? side.path : "generation " + std::to_string(side.generation) + " (" + side.path + ")";
}

// Line feeds are ours; everything else that would move a cursor is not.
std::string printable_lines(const std::string& text)
{
	const std::size_t end = text.find('\n');
	return end == std::string::npos ? text::printable(text) : text::printable(text.substr(0, end)) + "\n" + text::printable(text.substr(end + 1));
}

}  // namespace

std::string render(const control::Difference& difference, const text::Style& style)
{
	const std::string sides = text::printable(name_of(difference.before) + " -> " + name_of(difference.after)) + ": ";
	if (difference.changes.empty())
		return sides + "no difference\n";
	std::string text = sides + text::counted(difference.changes.size(), "change", "changes") + "\n";
	std::map<Part, std::size_t> seen;
	for (const Change& change : difference.changes) {
		if (++seen[change.part] > kMostShown)
			continue;
		const Mark mark = mark_of(change);
		text += "  " + style.paint(mark.colour, std::string(mark.sign) + " " + printable_lines(sentence(change))) + "\n";
	}
	for (const auto& [part, count] : seen) {
		if (count > kMostShown)
			text += "    and " + std::to_string(count - kMostShown) + " more of " + policy::part_name(part) + "; --json has them all\n";
	}
	return text;
}

}  // namespace sluice::cli
