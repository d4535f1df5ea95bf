// The limiter's bound, under floods at full speed on two processors: in any window, admitted <= burst + rate * (window +
// clock tick), for every key.
#include <time.h>

#include "story.h"

namespace sluice::e2e {

namespace {

using Limiter = Story;
using Seconds = std::chrono::duration<double>;

std::string policy(const std::string& limits)
{
	return "version: 1\nservices:\n  - name: api\n    protocol: udp\n    ports: [9000]\n" + limits;
}

// The kernel judges by the coarse clock; meters advance every 2^16 ns.
double tick()
{
	timespec resolution{};
	::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
	return static_cast<double>(resolution.tv_sec) + 1e-9 * static_cast<double>(resolution.tv_nsec + (1 << 16));
}

lab::FloodShape api_flood(const lab::Frame& frame, std::uint32_t sources, unsigned processor)
{
	lab::FloodShape shape;
	shape.frame = frame;
	shape.sources = sources;
	shape.processor = processor;
	shape.seed = processor + 1;
	return shape;
}

}  // namespace

class LimiterFlood : public Limiter {
protected:
	struct Outcome {
		double window = 0;  // seconds from before the first frame until after the last
		std::uint64_t offered = 0;
		std::uint64_t admitted = 0;
	};

	// Two processors flood for at least `seconds`.
	Outcome flood(const std::string& source, std::uint32_t sources, double seconds)
	{
		const lab::Frame frame = frame_from(source);
		lab::Flood first = must(lab::Flood::open(wire().world(), lab::kInterface, api_flood(frame, sources, 0)));
		lab::Flood second = must(lab::Flood::open(wire().world(), lab::kInterface, api_flood(frame, sources, 1)));
		const std::uint64_t before = counted("admitted");
		const auto started = std::chrono::steady_clock::now();
		must(first.start());
		must(second.start());
		EXPECT_TRUE(until([&] { return Seconds(std::chrono::steady_clock::now() - started).count() > seconds; }));
		must(first.stop());
		must(second.stop());
		const double window = Seconds(std::chrono::steady_clock::now() - started).count();
		return {window, first.offered() + second.offered(), counted("admitted") - before};
	}

	// Bounds of `keys` keys that share nothing, each with `rate` and `burst`.
	static void expect_bound(const Outcome& outcome, double keys, double rate, double burst)
	{
		const double bound = keys * (burst + rate * (outcome.window + tick()));
		EXPECT_LE(static_cast<double>(outcome.admitted), bound) << "window " << outcome.window;
		// The first and the last 200 ms may be quiet, since calls of the generator start slowly; and bursts are
		// deep enough for the pauses between calls.
		EXPECT_GE(static_cast<double>(outcome.admitted), 0.98 * keys * rate * (outcome.window - 0.4))
		    << "window " << outcome.window << ", offered " << outcome.offered;
	}
};

TEST_F(LimiterFlood, OneSource)
{
	start(policy("    each-source: {packets: 20k/s, burst: 2000}\n"));
	expect_bound(flood("198.51.100.7", 1, 2), 1, 20000, 2000);
	EXPECT_GT(counted("source-packets"), 0u);
}

// So long a flood touches two windows more than whole seconds are in it; a log gives every second its own.
TEST_F(LimiterFlood, OneSourceInWindows)
{
	start(policy("    each-source: {packets: 5k/s, algorithm: fixed-window}\n"));
	const Outcome outcome = flood("198.51.100.7", 1, 2);
	EXPECT_LE(outcome.admitted, 5000 * (static_cast<std::uint64_t>(outcome.window + tick()) + 2));
	EXPECT_GE(outcome.admitted, 5000u) << "one whole window";
}

TEST_F(LimiterFlood, OneSourceInALog)
{
	start(policy("    each-source: {packets: 60/s, algorithm: sliding-log}\n"));
	const Outcome outcome = flood("198.51.100.7", 1, 2);
	EXPECT_LE(outcome.admitted, 60 * (static_cast<std::uint64_t>(outcome.window + tick()) + 1));
	EXPECT_GE(outcome.admitted, 60u);
}

TEST_F(LimiterFlood, AThousandSources)
{
	start(policy("    each-source: {packets: 100/s, burst: 50}\n"));
	expect_bound(flood("198.51.100.0", 1000, 2), 1000, 100, 50);
}

TEST_F(LimiterFlood, AThousandSourcesOfOneService)
{
	start(policy("    all-sources: {packets: 30k/s, burst: 3000}\n"));
	expect_bound(flood("198.51.100.0", 1000, 2), 1, 30000, 3000);
	EXPECT_GT(counted("service-packets"), 0u);
}

TEST_F(LimiterFlood, AnySourceOfOneService)
{
	start(policy("    each-source: {packets: 1000/s}\n    all-sources: {packets: 30k/s, burst: 3000}\n"));
	expect_bound(flood("198.51.100.0", 0, 2), 1, 30000, 3000);
}

TEST_F(LimiterFlood, OnePrefixWithManySources)
{
	start(policy("    each-source: {packets: 10k/s}\n    each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: 5k/s, burst: 500}}\n"));
	expect_bound(flood("198.51.100.0", 256, 2), 1, 5000, 500);
	EXPECT_GT(counted("prefix-packets"), 0u);
}

TEST_F(LimiterFlood, AnIpv6SourceIsItsNetwork)
{
	start(policy("    each-source: {packets: 100/s, burst: 50}\n"));
	expect_bound(flood("2001:db8:a000::1", 500, 2), 500, 100, 50);
}

}  // namespace sluice::e2e
