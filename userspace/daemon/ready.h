// Ready: a policy that is prepared, and its copy in the archive: all that can be done before it takes its place.
#pragma once

#include <string>

#include "base/result.h"
#include "daemon/archive.h"
#include "daemon/prepare.h"

namespace sluice::daemon {

struct Ready {
	Prepared prepared;
	std::string text;  // fingerprint of the policy's own text
	Result<Archive::Kept> kept = Archive::Kept{};
};

// On any thread, one policy at a time. Leaves what.progress at kInstalling.
Ready make_ready(const Prepare& what, Archive& archive);

}  // namespace sluice::daemon
