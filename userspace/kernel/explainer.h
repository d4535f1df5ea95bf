// Explainer: the running generation's program by its second way in, over the same maps: it asks, and changes nothing but
// the one record that it answers with (bpf/explain.h).
//
// Holds its generation's maps: drop it when another one runs.
#pragma once

#include <cstddef>
#include <span>

#include "base/fd.h"
#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/calls.h"
#include "kernel/generation.h"
#include "kernel/state_maps.h"

namespace sluice::kernel {

class Explainer {
public:
	// Loads it, about as long as a generation takes. Error kUnsupported when the generation is of another ABI version.
	static Result<Explainer> load(Calls& calls, const Generation& generation, const StateMaps& state);

	// The number of the generation that it explains.
	std::uint32_t generation() const { return generation_; }
	// As Datapath::explain, without the ban.
	Result<datapath::Explanation> run(std::span<const std::byte> frame) const;

private:
	Explainer(std::uint32_t generation, Fd program, Map answer)
	    : generation_(generation), program_(std::move(program)), answer_(std::move(answer))
	{
	}

	std::uint32_t generation_;
	Fd program_;
	Map answer_;
};

}  // namespace sluice::kernel
