// Change: one thing that one policy says otherwise than another, in people's words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/extent.h"

namespace sluice::policy {

// Which part of the policy. In the order in which they are shown.
enum class Part { kMode, kDefault, kFailsafe, kSources, kServices, kLimits, kFragments, kIdentity };

enum class ChangeKind {
	kChanged,
	kAdded,
	kRemoved,
	kLost,      // failsafe: no longer let in whatever happens
	kGained,    // failsafe
	kDenied,    // sources: could pass before
	kAllowed,   // sources: were denied before
	kListed,    // sources: on an allow list now: no ban hits them, services that admit listed sources take them
	kUnlisted,  // sources: no longer on an allow list
	kLimited,   // sources: on an allow list as before, under another limit of its own
	kMoved,     // sources: treated as before, by another list
};

struct Change {
	Part part = Part::kMode;
	ChangeKind kind = ChangeKind::kChanged;
	std::string subject;  // "api ports", "api/each-source packets", "tcp port 22"; empty: the part as a whole
	std::string before;   // empty: there was none
	std::string after;    // empty: there is none
	std::optional<Extent> sources;  // whom it concerns; none: everybody
	bool grave = false;   // may lock the operator out

	bool operator==(const Change&) const = default;
};

using Changes = std::vector<Change>;

const char* part_name(Part part);        // "mode", "default", "failsafe", "sources", "services", "limits", "fragments"
const char* kind_name(ChangeKind kind);  // "changed", "added", …
std::optional<Part> find_part(std::string_view name);
std::optional<ChangeKind> find_kind(std::string_view name);

}  // namespace sluice::policy
