#include "kernel/shadow.h"

#include <cerrno>

#include "base/file.h"
#include "kernel/counter_maps.h"
#include "kernel/policy_maps.h"
#include "kernel/typed_map.h"
#include "sluice/abi/shadow.h"

namespace sluice::kernel {

Result<Shadow> Shadow::stage(Calls& calls, const policy::Image& image, const StateMaps& state)
{
	SLUICE_TRY_ASSIGN(const StateMaps beside, state.with_levels_copied(calls));
	SLUICE_TRY_ASSIGN(Generation candidate, Generation::stage(calls, image, beside, Entry::kShadow));
	SLUICE_TRY_ASSIGN(const auto slot, (TypedMap<std::uint32_t, int>::over(candidate.at(kCandidateMap))));
	SLUICE_TRY(slot.update(0, candidate.program()));
	return Shadow(std::move(candidate));
}

Result<std::optional<Shadow>> Shadow::open(Calls& calls, const Pins& pins)
{
	auto candidate = Generation::open(calls, pins.shadow(), 0, Entry::kShadow);
	if (!candidate && candidate.error().code() == ErrorCode::kNotFound)
		return std::optional<Shadow>();
	if (!candidate)
		return std::move(candidate).error();
	if (!candidate->is_readable())
		return Error(ErrorCode::kUnsupported, "it is of ABI version " + std::to_string(candidate->abi()));
	return std::optional(Shadow(std::move(*candidate)));
}

Result<Program> Shadow::load_shadowed(Calls& calls, const Generation& generation, const StateMaps& state) const
{
	SLUICE_TRY_ASSIGN(const datapath::Running running, generation.read());
	SLUICE_TRY_ASSIGN(Skeleton skeleton, Skeleton::open(Entry::kShadowed));
	skeleton.set_config(running.config);
	for (const char* name : kPolicyMaps)
		SLUICE_TRY(skeleton.reuse(name, generation.at(name).fd()));
	for (const char* name : kStateMaps)
		SLUICE_TRY(skeleton.reuse(name, state.at(name).fd()));
	for (const char* name : {kHandoverMap, kCandidateMap})
		SLUICE_TRY(skeleton.reuse(name, candidate_.at(name).fd()));
	SLUICE_TRY(skeleton.load(calls));
	SLUICE_TRY_ASSIGN(Fd program, skeleton.program());
	return Program::adopt(calls, std::move(program));
}

Result<void> Shadow::pin(Calls& calls, const Pins& pins, Undo& undo) const
{
	SLUICE_TRY(remove_pins(calls, pins.staging()));
	SLUICE_TRY(candidate_.pin(calls, pins.staging(), undo));
	const std::string path = pins.shadow();
	if (const int code = calls.rename(pins.staging(), path); code < 0)
		return error_of_errno(-code, "pin " + path);
	undo.add([&calls, path] { (void)remove_pins(calls, path); });
	return {};
}

const Map& Shadow::outcomes() const
{
	return candidate_.at(kServicePairsMap);
}

Result<datapath::ShadowCounters> Shadow::counters(std::uint32_t services) const
{
	datapath::ShadowCounters read;
	SLUICE_TRY_ASSIGN(const auto pairs, read_sums(candidate_.at(kPairsMap), SLUICE_PAIRS));
	for (std::uint32_t i = 0; i < pairs.size(); i++) {
		if (pairs[i].packets != 0)
			read.pairs.push_back({static_cast<std::uint8_t>(i / SLUICE_REASONS),
					      static_cast<std::uint8_t>(i % SLUICE_REASONS), pairs[i]});
	}
	SLUICE_TRY_ASSIGN(const auto outcomes, read_sums(outcomes(), services * SLUICE_OUTCOMES));
	for (std::uint32_t i = 0; i < outcomes.size(); i++) {
		const std::uint32_t outcome = i % SLUICE_OUTCOMES;
		if (outcomes[i].packets != 0)
			read.by_service.push_back({static_cast<std::uint16_t>(i / SLUICE_OUTCOMES), (outcome & 2) != 0,
						   (outcome & 1) != 0, outcomes[i]});
	}
	SLUICE_TRY_ASSIGN(const auto handed, read_summed<sluice_handover>(candidate_.at(kHandoverMap), 1,
									  [](sluice_handover& sum, const sluice_handover& one) {
										  sum.missed.packets += one.missed.packets;
										  sum.missed.bytes += one.missed.bytes;
									  }));
	read.missed = handed.front().missed;
	return read;
}

std::string shadowed_pin(const Pins& pins, const Generation& generation)
{
	return pins.generation(generation.number()) + "/" + kShadowedPin;
}

}  // namespace sluice::kernel
