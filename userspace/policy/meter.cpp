#include "policy/meter.h"

#include <algorithm>

#include "sluice/core/sliding_log.h"

namespace sluice::policy {
namespace {

using Wide = unsigned __int128;

constexpr std::uint64_t kSecond = 1'000'000'000;

constexpr unsigned kUnitsPerSecondBits = 22;
constexpr std::uint64_t kMostBurstUnits = 1ull << 42;
// How late a processor may act on the clock that it has read, and still see a full bucket as full. From a reading behind
// others, a level looks higher than any burst; taken for the past, it would refill the bucket.
constexpr std::uint64_t kMostLateTicks = 4'000'000'000ull >> SLUICE_TICK_SHIFT;
constexpr Wide kMostLateUnits = Wide{1} << 42;
constexpr std::uint64_t kMostLateSeconds = 4;
// What a window's edge may move a reading by: six of them, for a processor that is late, are less than half a turn.
constexpr std::uint64_t kMostStep = 1ull << 40;
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

// What a processor that is late may be behind by.
std::uint64_t late_units(const sluice_meter& meter)
{
	if (meter.algorithm == SLUICE_FIXED_WINDOW)
		return (kMostLateSeconds / meter.window_s + 1) * meter.speed;
	return static_cast<std::uint64_t>(std::min(Wide{meter.speed} * kMostLateTicks >> SLUICE_SPEED_SHIFT, kMostLateUnits));
}

// What no level that the meter left is above.
std::uint64_t highest_level(const sluice_meter& meter)
{
	return meter.algorithm == SLUICE_FIXED_WINDOW ? meter.speed : meter.horizon;
}

bool can_keep(const Meter& meter, sluice_dimension dimension, sluice_algorithm algorithm, std::uint64_t cost)
{
	if (counts_in_windows(algorithm))
		return burst_of(meter, dimension, cost) <= kMostStep;
	const Wide speed = speed_of(meter, dimension, cost);
	return speed >= kLeastKeptSpeed && speed <= kMostSpeed && burst_of(meter, dimension, cost) <= kMostBurstUnits;
}

// A log: its reading counts ticks.
sluice_meter as_log(const Meter& meter, sluice_meter expressed)
{
	expressed.cost = 1;
	expressed.burst = meter.burst;
	expressed.speed = 1u << SLUICE_SPEED_SHIFT;
	expressed.window_s = static_cast<std::uint32_t>(meter.rate.period_seconds);
	expressed.horizon = sluice_log_stay(&expressed) + kMostLateTicks;
	return expressed;
}

// A window: its reading moves past all that it can hold.
Result<sluice_meter> as_windows(const Meter& meter, sluice_meter expressed, Wide burst)
{
	if (burst > kMostStep)
		return Error(ErrorCode::kInvalid, "a window of " + meter.rate.to_string() + " is more than can be counted", "leave it out: nothing reaches it");
	expressed.burst = static_cast<std::uint64_t>(burst);
	expressed.window_s = static_cast<std::uint32_t>(meter.rate.period_seconds);
	expressed.speed = std::max<std::uint64_t>(expressed.burst, 1);
	expressed.horizon = expressed.speed + late_units(expressed);
	return expressed;
}

}  // namespace

Result<sluice_meter> express(const Meter& meter, sluice_dimension dimension, sluice_algorithm algorithm, std::uint64_t kept_cost)
{
	// What a file can say is far below; it keeps the arithmetic within 128 bits for whoever else calls.
	constexpr std::uint64_t kMostKeptCost = 1ull << 40;
	sluice_meter expressed{};
	expressed.algorithm = static_cast<__u8>(algorithm);
	if (algorithm == SLUICE_SLIDING_LOG)
		return as_log(meter, expressed);
	expressed.cost = cost_of(meter, dimension);
	if (kept_cost != 0 && kept_cost <= kMostKeptCost && can_keep(meter, dimension, algorithm, kept_cost))
		expressed.cost = kept_cost;

	const Wide burst = burst_of(meter, dimension, expressed.cost);
	if (counts_in_windows(algorithm))
		return as_windows(meter, expressed, burst);
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
	expressed.horizon = expressed.burst + late_units(expressed);
	return expressed;
}

sluice_meter begun(sluice_meter fresh, std::uint64_t reading, std::uint64_t now_mono_ns)
{
	const std::uint64_t window_ns = fresh.window_s * kSecond;
	fresh.base = reading & SLUICE_READING_MASK;
	fresh.epoch_mono_ns = fresh.algorithm == SLUICE_FIXED_WINDOW ? now_mono_ns - now_mono_ns % window_ns : now_mono_ns;
	return fresh;
}

std::uint64_t recovery_of(const sluice_meter& meter)
{
	if (meter.algorithm == SLUICE_FIXED_WINDOW)
		return meter.window_s * kSecond;
	if (meter.algorithm == SLUICE_SLIDING_LOG)
		return sluice_log_stay(&meter) << SLUICE_TICK_SHIFT;
	const Wide ticks = (Wide{meter.horizon} << SLUICE_SPEED_SHIFT) / meter.speed + 1;
	return static_cast<std::uint64_t>(ticks << SLUICE_TICK_SHIFT);
}

bool can_continue(const sluice_meter& next, const sluice_meter& previous)
{
	const bool passed_at_an_edge = next.algorithm != SLUICE_FIXED_WINDOW || highest_level(previous) <= kMostStep;
	return keep_alike(next.algorithm, previous.algorithm) && next.cost == previous.cost && passed_at_an_edge;
}

sluice_meter continued(sluice_meter next, const sluice_meter& previous, std::uint64_t now_mono_ns)
{
	std::uint64_t reading = sluice_meter_reading(&previous, now_mono_ns);
	if (next.algorithm == SLUICE_SLIDING_LOG) {
		reading += sluice_log_stay(&previous) - sluice_log_stay(&next);
	} else if (next.algorithm == SLUICE_FIXED_WINDOW) {
		next.speed = std::max<std::uint64_t>(next.speed, highest_level(previous));
		next.horizon = next.speed + late_units(next);
	} else {
		const bool from_windows = previous.algorithm == SLUICE_FIXED_WINDOW;
		const std::uint64_t left = from_windows ? highest_level(previous) + late_units(next) : previous.horizon;
		next.horizon = std::max<std::uint64_t>(next.horizon, left);
	}
	next.first_set = previous.first_set;
	next.set_mask = previous.set_mask;
	return begun(next, reading, now_mono_ns);
}

}  // namespace sluice::policy
