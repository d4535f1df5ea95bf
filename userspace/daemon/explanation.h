// What the program found of a packet, in people's words: names for numbers, files and lines for prefixes, people's units
// for the kernel's. Pure.
#pragma once

#include <cstdint>

#include "control/explain_messages.h"
#include "datapath/datapath.h"
#include "policy/provenance.h"

namespace sluice::daemon {

// `running`: the generation that was asked. `provenance`: of its files; null where nobody has read them.
control::Explained put_in_words(const datapath::Explanation& explanation, const datapath::Running& running,
				const policy::Provenance* provenance, std::uint64_t now_unix_ns);

}  // namespace sluice::daemon
