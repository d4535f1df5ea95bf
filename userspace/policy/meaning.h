// Meaning: a policy as it was written, without the prefixes of its lists, beside what it was compiled to, which has
// them in a few bytes each. Enough to compare two policies, and to judge by one.
#pragma once

#include "base/result.h"
#include "policy/image.h"
#include "policy/model.h"

namespace sluice::policy {

struct Meaning {
	Policy policy;  // Source::prefixes and the comments are empty
	Image image;
};

// Requires the image of that very policy.
Meaning meaning_of(Policy policy, Image image);

}  // namespace sluice::policy
