#include "policy/change.h"

namespace sluice::policy {

const char* part_name(Part part)
{
	switch (part) {
	case Part::kMode:
		return "mode";
	case Part::kDefault:
		return "default";
	case Part::kFailsafe:
		return "failsafe";
	case Part::kSources:
		return "sources";
	case Part::kServices:
		return "services";
	case Part::kLimits:
		return "limits";
	case Part::kFragments:
		return "fragments";
	}
	return "?";
}

const char* kind_name(ChangeKind kind)
{
	switch (kind) {
	case ChangeKind::kChanged:
		return "changed";
	case ChangeKind::kAdded:
		return "added";
	case ChangeKind::kRemoved:
		return "removed";
	case ChangeKind::kLost:
		return "lost";
	case ChangeKind::kGained:
		return "gained";
	case ChangeKind::kDenied:
		return "denied";
	case ChangeKind::kAllowed:
		return "allowed";
	case ChangeKind::kListed:
		return "listed";
	case ChangeKind::kUnlisted:
		return "unlisted";
	case ChangeKind::kLimited:
		return "limited";
	case ChangeKind::kMoved:
		return "moved";
	}
	return "?";
}

}  // namespace sluice::policy
