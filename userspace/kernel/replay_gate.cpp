#include "kernel/replay_gate.h"

#include <linux/bpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "kernel/generation.h"
#include "kernel/policy_maps.h"
#include "kernel/run_packet.h"
#include "kernel/state_maps.h"
#include "kernel/typed_map.h"

namespace sluice::kernel {
namespace {

// The memory of a map of one element, shared with the kernel.
template <typename Value>
class Shared {
public:
	static Result<Shared> over(const Map& map)
	{
		SLUICE_TRY(check_sizes(map, sizeof(std::uint32_t), sizeof(Value)));
		void* at = ::mmap(nullptr, sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED, map.fd(), 0);
		if (at == MAP_FAILED)
			return error_of_errno(errno, "map the memory of " + map.name());
		return Shared(static_cast<Value*>(at));
	}
	Shared(Shared&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
	Shared& operator=(Shared&&) = delete;
	~Shared()
	{
		if (at_ != nullptr)
			::munmap(at_, sizeof(Value));
	}

	Value* get() const { return at_; }

private:
	explicit Shared(Value* at) : at_(at) {}
	Value* at_;
};

}  // namespace

struct ReplayGate::State {
	StateMaps maps;
	Generation generation;
	Shared<sluice_explanation> answer;
	Shared<std::uint64_t> clock;
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
	SLUICE_TRY_ASSIGN(StateMaps maps, StateMaps::fresh(calls, options));
	image.config.hash = maps.hash_key();
	image.config.generation = 1;
	image.meta.abi = SLUICE_ABI_VERSION;
	SLUICE_TRY_ASSIGN(Generation generation, Generation::stage(calls, image, maps, Entry::kReplay));
	SLUICE_TRY_ASSIGN(auto answer, Shared<sluice_explanation>::over(generation.at(kExplanationMap)));
	SLUICE_TRY_ASSIGN(auto clock, Shared<std::uint64_t>::over(generation.at(kReplayClockMap)));
	return ReplayGate(std::unique_ptr<State>(new State{std::move(maps), std::move(generation), std::move(answer), std::move(clock)}));
}

Result<const sluice_explanation*> ReplayGate::judge(std::span<const std::byte> frame, std::uint64_t now_mono_ns)
{
	*static_cast<volatile std::uint64_t*>(state_->clock.get()) = now_mono_ns;
	SLUICE_TRY_ASSIGN(const PacketRun run, run_packet(state_->generation.program(), frame));
	if (run.action != XDP_PASS && run.action != XDP_DROP)
		return Error(ErrorCode::kFailed, "the program has no answer");
	return static_cast<const sluice_explanation*>(state_->answer.get());
}

}  // namespace sluice::kernel
