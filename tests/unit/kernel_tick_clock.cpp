// clock_of: the zero of ticks is told by the least late reading; what contradicts one length is refused.
#include <gtest/gtest.h>

#include <vector>

#include "kernel/tick_clock.h"
#include "sluice/core/clock.h"

namespace sluice::kernel::test {
namespace {

constexpr std::uint64_t kTick = 4'000'000;

TEST(KernelTickClock, TheLeastLateReadingIsTheZero)
{
	const std::vector<sluice_clock_sample> samples{{100, 1'000'005'000}, {101, 1'004'000'700}, {103, 1'012'900'000}};
	const auto clock = clock_of(samples, kTick);
	ASSERT_TRUE(clock);
	EXPECT_EQ(1'004'000'700u, sluice_clock_at(&*clock, 101));
	EXPECT_EQ(1'000'000'700u, sluice_clock_at(&*clock, 100));
	EXPECT_EQ(1'000'000'700u + 1'000'000 * kTick, sluice_clock_at(&*clock, 1'000'100)) << "hours later";
}

TEST(KernelTickClock, TicksOfAnotherLengthAreRefused)
{
	std::vector<sluice_clock_sample> samples;
	for (std::uint64_t i = 0; i < 10; i++)
		samples.push_back({100 + i, 1'000'000'000 + i * 10'000'000});
	EXPECT_FALSE(clock_of(samples, kTick));
	EXPECT_TRUE(clock_of(samples, 10'000'000));
	EXPECT_FALSE(clock_of({}, kTick));
	EXPECT_FALSE(clock_of(samples, 0));
}

}  // namespace
}  // namespace sluice::kernel::test
