// prepare: from a policy's path, or from a stored copy, to an image that can be installed. Reads files and computes;
// touches nothing that runs, so that it may run beside the event loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/history_messages.h"
#include "daemon/feeds.h"
#include "daemon/progress.h"
#include "policy/copy.h"
#include "policy/diagnostic.h"
#include "policy/image.h"
#include "policy/meaning.h"
#include "policy/provenance.h"

namespace sluice::daemon {

struct Prepare {
	std::string path;
	std::optional<std::string> copy;  // where the stored copy is that stands in for the files
	bool force = false;               // take lists however much they lost
	std::vector<ListCount> standing;  // the entries of the lists in force, and where the copy is that has them
	std::string standing_copy;
	policy::Heritage heritage;
	std::uint32_t bucket_sets = 0;
	std::uint64_t now_mono_ns = 0;
	std::uint64_t now_unix_ns = 0;
	std::shared_ptr<Progress> progress;  // told how far it is; never null
};

struct Prepared {
	std::optional<policy::Image> image;  // none when a diagnostic is an error, or `failure` says why
	std::shared_ptr<const policy::Provenance> provenance;  // with the image
	std::shared_ptr<const policy::Meaning> meaning;  // there when the image is
	policy::Diagnostics diagnostics;
	std::vector<std::string> files;      // whose change makes it worth doing again; at least the policy itself
	std::optional<Error> failure;        // a right policy that this host has no room for; a copy that cannot be read
	std::uint64_t began_unix_ns = 0;
	std::optional<std::vector<policy::Failsafe>> failsafe;  // none where no policy could be read
	control::Inventory inventory;
	std::vector<Feed> feeds;
	std::optional<policy::Copy> copy;    // of what was read; none of what is a copy already
};

Prepared prepare(const Prepare& what);

}  // namespace sluice::daemon
