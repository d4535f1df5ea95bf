#include "policy/meter.h"

#include <algorithm>

#include "sluice/core/limiter.h"

namespace sluice::policy {
namespace {

using Wide = unsigned __int128;

constexpr unsigned kUnitsPerSecondBits = 22;
constexpr std::uint64_t kMostBurstUnits = 1ull << 42;
// How late a processor may act on the clock that it has read, and still see a full bucket as full. From a reading behind
// others, a level looks higher than any burst; taken for the past, it would refill the bucket.
constexpr std::uint64_t kMostLateTicks = 4'000'000'000ull >> SLUICE_TICK_SHIFT;
constexpr Wide kMostLateUnits = Wide{1} << 42;
// Below it, rounding down loses more than a hundredth.
constexpr std::uint64_t kLeastSpeed = 100;
// 2^12 and 2^40 units a second.
constexpr std::uint64_t kLeastKeptSpeed = (1ull << (12 + SLUICE_TICK_SHIFT + SLUICE_SPEED_SHIFT)) / 1'000'000'000;
constexpr std::uint64_t kMostSpeed = static_cast<std::uint64_t>((Wide{1} << (40 + SLUICE_TICK_SHIFT + SLUICE_SPEED_SHIFT)) / 1'000'000'000);

// Bits are counted by the byte.
std::uint64_t divisor_of(sluice_dimension dimension)
{
	return dimension == SLUICE_BITS ? 8 : 1;
}

std::uint64_t cost_of(const Meter& meter, sluice_dimension dimension)
{
	const std::uint64_t divisor = divisor_of(dimension);
	const Wide wished = (Wide{meter.rate.period_seconds} * divisor << kUnitsPerSecondBits) / meter.rate.count;
	const Wide allowed = Wide{kMostBurstUnits} * divisor / std::max<std::uint64_t>(meter.burst, 1);
	return static_cast<std::uint64_t>(std::max<Wide>(1, std::min(wished, allowed)));
}

Wide speed_of(const Meter& meter, sluice_dimension dimension, std::uint64_t cost)
{
	const Wide units = Wide{meter.rate.count} * cost << (SLUICE_TICK_SHIFT + SLUICE_SPEED_SHIFT);
	return units / (Wide{meter.rate.period_seconds} * 1'000'000'000 * divisor_of(dimension));
}

Wide burst_of(const Meter& meter, sluice_dimension dimension, std::uint64_t cost)
{
	return Wide{meter.burst / divisor_of(dimension)} * cost;
}

std::uint64_t horizon_of(std::uint64_t burst, std::uint64_t speed)
{
	const Wide late = Wide{speed} * kMostLateTicks >> SLUICE_SPEED_SHIFT;
	return burst + static_cast<std::uint64_t>(std::min(late, kMostLateUnits));
}

bool can_keep(const Meter& meter, sluice_dimension dimension, std::uint64_t cost)
{
	const Wide speed = speed_of(meter, dimension, cost);
	return speed >= kLeastKeptSpeed && speed <= kMostSpeed && burst_of(meter, dimension, cost) <= kMostBurstUnits;
}

}  // namespace

Result<sluice_meter> express(const Meter& meter, sluice_dimension dimension, std::uint64_t kept_cost)
{
	// What a file can say is far below; it keeps the arithmetic within 128 bits for whoever else calls.
	constexpr std::uint64_t kMostKeptCost = 1ull << 40;
	sluice_meter expressed{};
	expressed.cost = cost_of(meter, dimension);
	if (kept_cost != 0 && kept_cost <= kMostKeptCost && can_keep(meter, dimension, kept_cost))
		expressed.cost = kept_cost;

	const Wide burst = burst_of(meter, dimension, expressed.cost);
	const Wide speed = speed_of(meter, dimension, expressed.cost);
	if (speed > kMostSpeed)
		return Error(ErrorCode::kInvalid, "the rate " + meter.rate.to_string() + " is faster than any clock tick can express",
			     "leave it out: nothing reaches it");
	if (burst > kMostBurstUnits)
		return Error(ErrorCode::kInvalid, "the burst of " + std::to_string(meter.burst) + " is more than any clock tick can express",
			     "lower the burst");
	if (speed < kLeastSpeed)
		return Error(ErrorCode::kInvalid,
			     "no clock tick can express the rate " + meter.rate.to_string() + " beside a burst of " +
				     std::to_string(meter.burst),
			     "lower the burst or raise the rate");
	expressed.burst = static_cast<std::uint64_t>(burst);
	expressed.speed = static_cast<std::uint64_t>(speed);
	expressed.horizon = horizon_of(expressed.burst, expressed.speed);
	return expressed;
}

sluice_meter continued(sluice_meter next, const sluice_meter& previous, std::uint64_t now_mono_ns)
{
	next.base = sluice_meter_reading(&previous, now_mono_ns);
	next.epoch_mono_ns = now_mono_ns;
	next.horizon = std::max(next.horizon, previous.horizon);
	next.first_set = previous.first_set;
	next.set_mask = previous.set_mask;
	return next;
}

}  // namespace sluice::policy
