#include "telemetry/meter_units.h"

#include <array>
#include <optional>

namespace sluice::telemetry {
namespace {

using Wide = unsigned __int128;

constexpr std::array<std::uint64_t, 3> kPeriods{1, 60, 3600};  // seconds
constexpr Wide kNanoseconds = 1'000'000'000;
constexpr unsigned kSpeedToTick = SLUICE_TICK_SHIFT + SLUICE_SPEED_SHIFT;

// A meter charges per byte what a policy says in bits.
std::uint64_t per_cost(unsigned dimension)
{
	return dimension == SLUICE_BITS ? 8 : 1;
}

// The count per `period` that a compiler, rounding down, makes into this speed; none if there is no such whole number.
std::optional<std::uint64_t> exact_count(const sluice_meter& meter, unsigned dimension, std::uint64_t period)
{
	const Wide per_count = static_cast<Wide>(meter.cost) << kSpeedToTick;
	const Wide divisor = kNanoseconds * period * per_cost(dimension);
	const Wide count = (meter.speed * divisor + per_count - 1) / per_count;

	if (count == 0 || count * per_count / divisor != meter.speed)
		return std::nullopt;
	return static_cast<std::uint64_t>(count);
}

}  // namespace

const char* dimension_name(unsigned dimension)
{
	constexpr std::array<const char*, SLUICE_DIMENSIONS> names{"packets", "bits", "connections"};
	return dimension < names.size() ? names[dimension] : "?";
}

std::uint64_t in_unit(const sluice_meter& meter, unsigned dimension, std::uint64_t units, bool up)
{
	const Wide scaled = static_cast<Wide>(units) * per_cost(dimension);
	return static_cast<std::uint64_t>((scaled + (up ? meter.cost - 1 : 0)) / meter.cost);
}

std::uint64_t time_to_sink(const sluice_meter& meter, std::uint64_t units, std::uint64_t now_mono_ns)
{
	if (units == 0)
		return 0;
	if (meter.window_s != 0) {
		const std::uint64_t window_ns = meter.window_s * static_cast<std::uint64_t>(kNanoseconds);
		return window_ns - (now_mono_ns - meter.epoch_mono_ns) % window_ns;
	}
	const Wide ticks = ((static_cast<Wide>(units) << SLUICE_SPEED_SHIFT) + meter.speed - 1) / meter.speed;
	return static_cast<std::uint64_t>(ticks << SLUICE_TICK_SHIFT);
}

net::Rate configured_rate(const sluice_meter& meter, unsigned dimension)
{
	if (meter.window_s != 0)
		return {.count = configured_burst(meter, dimension), .period_seconds = meter.window_s};
	for (const std::uint64_t period : kPeriods) {
		if (const auto count = exact_count(meter, dimension, period))
			return {.count = *count, .period_seconds = period};
	}
	const Wide per_count = static_cast<Wide>(meter.cost) << kSpeedToTick;
	const auto count_per = [&](std::uint64_t period) {
		const Wide units = meter.speed * kNanoseconds * period * per_cost(dimension);
		return static_cast<std::uint64_t>((units + per_count / 2) / per_count);
	};
	const std::uint64_t period = count_per(1) >= 1000 ? 1 : 3600;
	return {.count = count_per(period), .period_seconds = period};
}

std::uint64_t configured_burst(const sluice_meter& meter, unsigned dimension)
{
	return in_unit(meter, dimension, meter.burst, false);
}

}  // namespace sluice::telemetry
