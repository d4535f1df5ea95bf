// ReplayGate: the program with a policy on it and fresh state, that judges frames at times which it is told. It knows no pin
// and no interface: nothing of a gate that runs is touched, and all of it is gone with the object.
//
// One thread. Needs what loading programs needs: CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "kernel/calls.h"
#include "policy/image.h"
#include "sluice/abi/explanation.h"

namespace sluice::kernel {

class ReplayGate {
public:
	// `image` is compiled for a bucket table of `bucket_sets`, a power of two, without events. `calls` outlives the gate.
	static Result<ReplayGate> open(Calls& calls, policy::Image image, std::uint32_t bucket_sets);
	ReplayGate(ReplayGate&&) noexcept;
	ReplayGate& operator=(ReplayGate&&) noexcept;
	~ReplayGate();

	// Judges and charges, at a time that is not before the one of the image's compilation nor before the last. Valid until
	// the next call; no limit's level is in it. Requires 14 bytes or more.
	Result<const sluice_explanation*> judge(std::span<const std::byte> frame, std::uint64_t now_mono_ns);

private:
	struct State;
	explicit ReplayGate(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

}  // namespace sluice::kernel
