// The clock that packets are judged by is CLOCK_MONOTONIC at the last tick, from either source.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <span>

#include "base/clock.h"
#include "kernel/tick_clock.h"
#include "sluice/core/clock.h"
#include "support/gate.h"
#include "support/packet.h"

namespace sluice::test {
namespace {

constexpr std::uint64_t kTicksBehind = 8;  // a processor may be taken away between two readings

class PacketClock : public GateTest {};

TEST_F(PacketClock, IsTheMonotonicOneAtTheLastTick)
{
	ASSERT_NO_FATAL_FAILURE(install("version: 1\n"));
	const sluice_clock clock = gate_->running().config.clock;
	ASSERT_GT(clock.tick_ns, 0u) << "this kernel's ticks tell the time";
	timespec resolution{};
	::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
	EXPECT_EQ(static_cast<std::uint64_t>(resolution.tv_nsec), clock.tick_ns);
	const SystemClock now;
	const Bytes frame = (Ethernet{} / Ipv4{} / Tcp{}).bytes();
	for (int i = 0; i < 200; i++) {
		const std::uint64_t before = now.mono_ns();
		const auto explained = gate_->datapath().explain(std::as_bytes(std::span(frame)));
		const std::uint64_t after = now.mono_ns();
		ASSERT_TRUE(explained) << explained.error().message();
		ASSERT_LE(explained->found.now_mono_ns, after);
		ASSERT_GE(explained->found.now_mono_ns + kTicksBehind * clock.tick_ns, before);
	}
}

TEST_F(PacketClock, ASecondMeasurementAgrees)
{
	const auto one = kernel::measure_tick_clock(), two = kernel::measure_tick_clock();
	ASSERT_TRUE(one && two);
	const std::uint64_t ticks = two->zero_ticks + 1'000'000;
	const auto apart = static_cast<std::int64_t>(sluice_clock_at(&*one, ticks) - sluice_clock_at(&*two, ticks));
	EXPECT_LT(std::abs(apart), static_cast<std::int64_t>(one->tick_ns));
}

}  // namespace
}  // namespace sluice::test
