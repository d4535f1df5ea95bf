// Replay against the reference: by the capture's clock, packet for packet the same judgement.
#include <gtest/gtest.h>

#include "kernel/replay_gate.h"
#include "model/random_frame.h"
#include "model/reference.h"
#include "policy/compile.h"
#include "support/gate.h"
#include "support/reason.h"

namespace sluice::test {

namespace {

constexpr std::uint64_t kStart = 1'000'000'000;
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint32_t kSets = 1u << 16;

Packet from(const std::string& source, std::uint8_t flags)
{
	return Ethernet{} / Ipv4{.source = source} / Tcp{.flags = flags};
}

class Replay : public GateTest {
protected:
	// Fresh, with this policy.
	void open(const std::string& text)
	{
		const auto policy = policy_of(text);
		ASSERT_TRUE(policy) << policy.error().message();
		auto image = policy::compile(*policy, {}, {.bucket_sets = kSets, .now_mono_ns = kStart, .events_per_window = 0});
		ASSERT_TRUE(image) << image.error().sentence();
		auto gate = kernel::ReplayGate::open(calls_, *image, kSets);
		ASSERT_TRUE(gate) << gate.error().sentence();
		replay_.emplace(std::move(*gate));
		reference_.emplace(*policy);
	}

	// What both say; fails where they differ.
	std::string judge_both(const Packet& packet, std::uint64_t now_mono_ns)
	{
		const Bytes bytes = packet.bytes();
		const auto found = replay_->judge(std::as_bytes(Frame(bytes)), now_mono_ns);
		EXPECT_TRUE(found) << found.error().sentence();
		const std::string expected = reference_->judge(bytes, now_mono_ns).reason;
		EXPECT_EQ(found ? reason_name((*found)->reason) : "", expected) << "at " << now_mono_ns;
		return expected;
	}

	kernel::Calls calls_;
	std::optional<kernel::ReplayGate> replay_;
	std::optional<Reference> reference_;
};

}  // namespace

// Packets come at whole steps of 130 ms and the rate is one in 100 ms: what rounding and ticks make of a level is far from
// what decides.
TEST_F(Replay, AdmitsByTheCapturesClockWhatTheReferenceDoes)
{
	ASSERT_NO_FATAL_FAILURE(open("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443],"
				     " each-source: {keys: 1000, packets: {rate: 10/s, burst: 4}, connections: {rate: 10/m, burst: 2}},"
				     " all-sources: {packets: {rate: 100/s, burst: 20}}}\n"));
	Dice dice(seed_of_run());
	std::map<std::string, int> seen;
	std::uint64_t now = kStart + 37 * kMs;
	for (int i = 0; i < 4000; i++) {
		// Mostly a burst; now and then half a minute in which everything drains.
		now += dice.one_in(4) ? 130 * kMs : 0;
		now += dice.one_in(50) ? 30'000 * kMs : 0;
		const std::string source = "203.0.113." + std::to_string(1 + dice.roll(5));
		seen[judge_both(from(source, dice.one_in(3) ? kSyn : kAck), now)]++;
		ASSERT_FALSE(HasFailure()) << "packet " << i;
	}
	EXPECT_GT(seen["admitted"], 100);
	EXPECT_GT(seen["source-packets"], 100);
	EXPECT_GT(seen["source-connections"], 10);
}

// Windows and logs: at every distance from an edge that does not round to it. Each packet is 200 microseconds further from
// whole tenths of a second, more than what a log's two ticks are.
TEST_F(Replay, CountsInWindowsAsTheReferenceDoes)
{
	Dice dice(seed_of_run());
	for (const char* algorithm : {"fixed-window", "sliding-log"}) {
		SCOPED_TRACE(algorithm);
		ASSERT_NO_FATAL_FAILURE(open("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443],"
					     " each-source: {keys: 100, packets: 7/s, connections: 20/m, algorithm: " + std::string(algorithm) + "}}\n"));
		std::map<std::string, int> seen;
		std::uint64_t tenths = kStart;
		for (std::uint64_t i = 0; i < 490; i++) {
			tenths += dice.one_in(2) ? dice.roll(4) * 100 * kMs : 0;
			tenths += dice.one_in(60) ? 20'000 * kMs : 0;
			const std::string source = "203.0.113." + std::to_string(1 + dice.roll(3));
			seen[judge_both(from(source, dice.one_in(3) ? kSyn : kAck), tenths + i * 200'000)]++;
			ASSERT_FALSE(HasFailure()) << "packet " << i;
		}
		EXPECT_GT(seen["admitted"], 100);
		EXPECT_GT(seen["source-packets"], 20);
		EXPECT_GT(seen["source-connections"], 5);
	}
}

TEST_F(Replay, AFixedWindowEndsAtItsEdgeAndALogAWindowLater)
{
	const auto text = [](const std::string& algorithm) {
		return "version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 3/s, algorithm: " + algorithm + "}}\n";
	};
	const Packet packet = from("203.0.113.1", kAck);
	ASSERT_NO_FATAL_FAILURE(open(text("fixed-window")));
	for (const std::uint64_t window : {5u, 6u}) {
		const std::uint64_t edge = window * 1000 * kMs;
		for (int i = 0; i < 3; i++)
			EXPECT_EQ(judge_both(packet, edge + i), "admitted");
		EXPECT_EQ(judge_both(packet, edge + 4), "source-packets");
		EXPECT_EQ(judge_both(packet, edge + 1000 * kMs - 1), "source-packets") << "near miss: a nanosecond before the edge";
	}
	ASSERT_NO_FATAL_FAILURE(open(text("sliding-log")));
	const std::uint64_t first = 5999 * kMs;
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(judge_both(packet, first + i * 10 * kMs), "admitted");
	EXPECT_EQ(judge_both(packet, first + 1000 * kMs - 1), "source-packets") << "near miss: a nanosecond before the first one leaves";
	EXPECT_EQ(judge_both(packet, first + 1000 * kMs + 200'000), "admitted");
	EXPECT_EQ(judge_both(packet, first + 1000 * kMs + 300'000), "source-packets") << "one left, not all";
}

TEST_F(Replay, TimeThatStandsStillRefillsNobody)
{
	ASSERT_NO_FATAL_FAILURE(open("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443],"
				     " each-source: {packets: {rate: 1000/s, burst: 3}}}\n"));
	int admitted = 0;
	for (int i = 0; i < 1000; i++)
		admitted += judge_both(from("203.0.113.1", kAck), kStart + kMs) == "admitted";
	EXPECT_EQ(admitted, 3) << "though the test itself took milliseconds";
	EXPECT_EQ(judge_both(from("203.0.113.1", kAck), kStart + 4 * kMs), "admitted") << "near miss: three milliseconds on";
}

TEST_F(Replay, EachBeginsAfresh)
{
	const std::string text = "version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: {rate: 1/h, burst: 1}}}\n";
	for (int i = 0; i < 2; i++) {
		ASSERT_NO_FATAL_FAILURE(open(text));
		EXPECT_EQ(judge_both(from("203.0.113.1", kAck), kStart), "admitted");
		EXPECT_EQ(judge_both(from("203.0.113.1", kAck), kStart), "source-packets");
	}
}

}  // namespace sluice::test
