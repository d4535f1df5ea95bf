#include "kernel/tick_clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <vector>

#include "base/file.h"
#include "kernel/probe.h"
#include "kernel/run_packet.h"
#include "kernel/verifier_log.h"
#include "sluice/core/clock.h"
#include "ticks.skel.h"

namespace sluice::kernel {
namespace {

constexpr unsigned kTicksWatched = 4;
// What a reading may be late: the timer's interrupt, and a processor that was taken away in between.
constexpr std::uint64_t kLateTicks = 4;

std::uint64_t resolution_ns(clockid_t clock)
{
	timespec resolution{};
	::clock_getres(clock, &resolution);
	return static_cast<std::uint64_t>(resolution.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(resolution.tv_nsec);
}

struct Destroy {
	void operator()(ticks_bpf* skeleton) const { ticks_bpf__destroy(skeleton); }
};
using Ticks = std::unique_ptr<ticks_bpf, Destroy>;

Result<Ticks> load_ticks()
{
	const LogCapture log;
	Ticks ticks(ticks_bpf__open_and_load());
	if (!ticks)
		return explain_load_failure(errno, log.text(), kernel_release()).within("load the program that reads ticks");
	return ticks;
}

Result<sluice_clock_sample> take_sample(const ticks_bpf& ticks)
{
	static constexpr std::array<std::byte, 64> kAnyFrame{};
	SLUICE_TRY(run_packet(::bpf_program__fd(ticks.progs.sluice_ticks), kAnyFrame));
	return ticks.data_sample->sample;
}

}  // namespace

Result<sluice_clock> measure_tick_clock()
{
	// Only then ticks are counted by CLOCK_MONOTONIC, and not by interrupts, of which some get lost.
	if (resolution_ns(CLOCK_MONOTONIC) != 1)
		return Error(ErrorCode::kUnsupported, "the kernel's timers are of low resolution");
	SLUICE_TRY_ASSIGN(const Ticks ticks, load_ticks());
	std::vector<sluice_clock_sample> samples;
	std::uint64_t last = 0;
	for (unsigned passed = 0; passed <= kTicksWatched;) {
		SLUICE_TRY_ASSIGN(const sluice_clock_sample sample, take_sample(*ticks));
		if (sample.ticks == 0 || sample.ticks == last)
			continue;
		passed += last != 0;
		last = sample.ticks;
		samples.push_back(sample);
	}
	const std::optional<sluice_clock> clock = clock_of(samples, resolution_ns(CLOCK_MONOTONIC_COARSE));
	if (!clock)
		return Error(ErrorCode::kUnsupported, "the kernel's ticks are not of one length");
	return *clock;
}

std::optional<sluice_clock> clock_of(std::span<const sluice_clock_sample> samples, std::uint64_t tick_ns)
{
	if (samples.empty() || tick_ns == 0)
		return {};
	sluice_clock clock{tick_ns, samples.front().ticks, samples.front().mono_ns};
	const auto late = [&clock](const sluice_clock_sample& sample) {
		return static_cast<std::int64_t>(sample.mono_ns - sluice_clock_at(&clock, sample.ticks));
	};
	const auto least = [&late](const auto& a, const auto& b) { return late(a) < late(b); };
	const auto [earliest, latest] = std::minmax_element(samples.begin(), samples.end(), least);
	if (late(*latest) - late(*earliest) >= static_cast<std::int64_t>(kLateTicks * tick_ns))
		return {};
	clock.zero_mono_ns += static_cast<std::uint64_t>(late(*earliest));
	return clock;
}

}  // namespace sluice::kernel
