#include "kernel/explainer.h"

#include <linux/bpf.h>

#include "kernel/policy_maps.h"
#include "kernel/run_packet.h"
#include "kernel/skeleton.h"
#include "kernel/typed_map.h"

namespace sluice::kernel {

Result<Explainer> Explainer::load(Calls& calls, const Generation& generation, const StateMaps& state)
{
	if (!generation.is_readable())
		return Error(ErrorCode::kUnsupported, "the program that runs is of another version of Sluice", "sluice apply FILE replaces it");
	SLUICE_TRY_ASSIGN(const datapath::Running running, generation.read());
	SLUICE_TRY_ASSIGN(Skeleton skeleton, Skeleton::open(Entry::kExplain));
	skeleton.set_config(running.config);
	for (const char* name : kPolicyMaps)
		SLUICE_TRY(skeleton.reuse(name, generation.at(name).fd()));
	for (const char* name : kStateMaps)
		SLUICE_TRY(skeleton.reuse(name, state.at(name).fd()));
	SLUICE_TRY(skeleton.load(calls));
	SLUICE_TRY_ASSIGN(Fd program, skeleton.program());
	SLUICE_TRY_ASSIGN(Fd fd, skeleton.map(kExplanationMap));
	SLUICE_TRY_ASSIGN(Map answer, Map::adopt(calls, std::move(fd), kExplanationMap));
	return Explainer(generation.number(), std::move(program), std::move(answer));
}

Result<datapath::Explanation> Explainer::run(std::span<const std::byte> frame) const
{
	SLUICE_TRY_ASSIGN(const PacketRun run, run_packet(program_.get(), frame));
	if (run.action != XDP_PASS && run.action != XDP_DROP && run.action != XDP_TX)
		return Error(ErrorCode::kFailed, "the program has no answer");
	SLUICE_TRY_ASSIGN(const auto answer, (TypedMap<std::uint32_t, sluice_explanation>::over(answer_)));
	datapath::Explanation explanation;
	SLUICE_TRY_ASSIGN(explanation.found, answer.lookup(0));
	explanation.passes = run.action == XDP_PASS;
	return explanation;
}

}  // namespace sluice::kernel
