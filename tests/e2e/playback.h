// Playback: captured frames out of the world's interface, to the gate's.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/network_namespace.h"
#include "support/capture.h"

namespace sluice::e2e {

// Sends the capture's frames in their order, at that pace; all have left when it returns. What their link headers say of
// hosts is replaced by the lab's.
Result<void> play(const lab::NetworkNamespace& world, const test::Capture& capture, std::uint64_t frames_per_second);

}  // namespace sluice::e2e
