#include "kernel/replay_gate.h"

#include <linux/bpf.h>

#include <utility>

#include "kernel/generation.h"
#include "kernel/map_memory.h"
#include "kernel/policy_maps.h"
#include "kernel/run_packet.h"
#include "kernel/state_maps.h"
#include "kernel/typed_map.h"

namespace sluice::kernel {
namespace {

// Of a map of one such element.
template <typename Value>
Result<MapMemory> memory_of(const Map& map)
{
	SLUICE_TRY(check_sizes(map, sizeof(std::uint32_t), sizeof(Value)));
	return MapMemory::over(map, MapMemory::Access::kWrite);
}

}  // namespace

struct ReplayGate::State {
	StateMaps maps;
	Generation generation;
	MapMemory answer;  // sluice_explanation
	MapMemory clock;   // std::uint64_t
};

ReplayGate::ReplayGate(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReplayGate::ReplayGate(ReplayGate&&) noexcept = default;
ReplayGate& ReplayGate::operator=(ReplayGate&&) noexcept = default;
ReplayGate::~ReplayGate() = default;

Result<ReplayGate> ReplayGate::open(Calls& calls, policy::Image image, std::uint32_t bucket_sets)
{
	SLUICE_TRY(check_image(image, bucket_sets));
	Options options;
	options.bucket_bytes = std::uint64_t{bucket_sets} * sizeof(sluice_bucket_set);
	options.ban_capacity = 1;
	options.identity_capacity = 1;
	options.lease_capacity = 1;
	SLUICE_TRY_ASSIGN(StateMaps maps, StateMaps::fresh(calls, options));
	image.config.hash = maps.hash_key();
	image.config.generation = 1;
	image.meta.abi = SLUICE_ABI_VERSION;
	SLUICE_TRY_ASSIGN(Generation generation, Generation::stage(calls, image, maps, Entry::kReplay));
	SLUICE_TRY_ASSIGN(MapMemory answer, memory_of<sluice_explanation>(generation.at(kExplanationMap)));
	SLUICE_TRY_ASSIGN(MapMemory clock, memory_of<std::uint64_t>(generation.at(kReplayClockMap)));
	return ReplayGate(std::unique_ptr<State>(new State{std::move(maps), std::move(generation), std::move(answer), std::move(clock)}));
}

Result<const sluice_explanation*> ReplayGate::judge(std::span<const std::byte> frame, std::uint64_t now_mono_ns)
{
	*static_cast<volatile std::uint64_t*>(state_->clock.at()) = now_mono_ns;
	SLUICE_TRY_ASSIGN(const PacketRun run, run_packet(state_->generation.program(), frame));
	if (run.action != XDP_PASS && run.action != XDP_DROP)
		return Error(ErrorCode::kFailed, "the program has no answer");
	return static_cast<const sluice_explanation*>(state_->answer.at());
}

}  // namespace sluice::kernel
