#include "telemetry/rate_meter.h"

#include <cmath>

namespace sluice::telemetry {
namespace {

std::uint64_t per_second(std::uint64_t grown, std::uint64_t elapsed_ns)
{
	return static_cast<std::uint64_t>(std::llround(static_cast<double>(grown) * 1e9 / static_cast<double>(elapsed_ns)));
}

}  // namespace

void RateMeter::read(std::uint64_t mono_ns, const Stats& stats)
{
	const Reading now{mono_ns, stats.total, stats.passed, stats.dropped};
	if (last_ && mono_ns <= last_->mono_ns)
		return;
	rates_ = {};
	const bool grew = last_ && now.passed.packets >= last_->passed.packets &&
	                  now.dropped.packets >= last_->dropped.packets && now.total.bytes >= last_->total.bytes;
	if (grew) {
		const std::uint64_t elapsed = mono_ns - last_->mono_ns;
		rates_.packets_per_second = per_second(now.total.packets - last_->total.packets, elapsed);
		rates_.passed_per_second = per_second(now.passed.packets - last_->passed.packets, elapsed);
		rates_.dropped_per_second = per_second(now.dropped.packets - last_->dropped.packets, elapsed);
		rates_.bits_per_second = per_second(8 * (now.total.bytes - last_->total.bytes), elapsed);
	}
	last_ = now;
}

}  // namespace sluice::telemetry
