// Shadow: a candidate that judges beside the running generation (bpf/shadow.h): its program, its policy maps, and what it
// keeps to itself: the levels of its limits, and the counts of where the two agree and where not.
//
// Staged, nobody knows it. Pinned, and its program handed packets by the running generation, it goes on without a daemon.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/generation.h"
#include "kernel/pins.h"
#include "kernel/state_maps.h"
#include "kernel/undo.h"

namespace sluice::kernel {

class Shadow {
public:
	// Loads the candidate. Its levels begin as those in `state` are: what it says is what it would say had it been installed.
	static Result<Shadow> stage(Calls& calls, const policy::Image& image, const StateMaps& state);
	// From its pins; none where nothing is pinned. Error kUnsupported when it is of another ABI version.
	static Result<std::optional<Shadow>> open(Calls& calls, const Pins& pins);

	// The program of `generation` that hands every packet on to this candidate.
	Result<Program> load_shadowed(Calls& calls, const Generation& generation, const StateMaps& state) const;
	// Pins everything; `undo` removes it. Requires that no shadow is pinned.
	Result<void> pin(Calls& calls, const Pins& pins, Undo& undo) const;

	Result<datapath::Running> read() const { return candidate_.read(); }
	// Of the first `services` slots.
	Result<datapath::ShadowCounters> counters(std::uint32_t services) const;
	// What it counts by service slot, SLUICE_OUTCOMES to each.
	const Map& outcomes() const;
	Result<std::uint64_t> memory() const { return candidate_.memory(); }

private:
	explicit Shadow(Generation candidate) : candidate_(std::move(candidate)) {}
	Generation candidate_;
};

// Where the program of a generation is pinned that hands packets on.
std::string shadowed_pin(const Pins& pins, const Generation& generation);

}  // namespace sluice::kernel
