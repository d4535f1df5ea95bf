// What outlives the daemon: enforcement, bans, limiter levels, counters.
#include <signal.h>
#include <time.h>

#include "story.h"

namespace sluice::e2e {

namespace {

using Survival = Story;
using Panic = Story;
using Seconds = std::chrono::duration<double>;

constexpr const char* kPolicy = R"(version: 1
services:
  - name: api
    protocol: udp
    ports: [9000]
    each-source: {packets: 1/s, burst: 5000}
)";

}  // namespace

TEST_F(Survival, KilledUnderLoadItIsAdoptedWithNothingRefilled)
{
	start(kPolicy);
	ASSERT_EQ(must(daemon().command({"ban", "203.0.113.66"})).code, 0);
	const std::uint32_t before_gate = received() - static_cast<std::uint32_t>(judged());
	lab::FloodShape shape;
	shape.frame = frame_from("198.51.100.7");
	shape.processor = 1;
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	const auto started = std::chrono::steady_clock::now();
	must(flood.start());
	ASSERT_TRUE(until([&] { return counted("source-packets") > 0; }));

	daemon().kill();
	EXPECT_TRUE(guarded());
	const std::uint64_t then = counted("source-packets");
	EXPECT_TRUE(until([&] { return counted("source-packets") > then; })) << "enforcement ended with the daemon";
	send(frame_from("203.0.113.66"), 100);
	EXPECT_EQ(counted("banned"), 100u);
	const std::uint64_t before = counted("source-packets");

	must(daemon().restart());
	EXPECT_GE(counted("source-packets"), before);
	const nlohmann::json status = must(daemon().ask({"status"}));
	ASSERT_EQ(status.at("interfaces").size(), 1u);
	EXPECT_EQ(must(daemon().ask({"bans"})).at("bans").at(0).at("prefix"), "203.0.113.66");
	const std::uint64_t after = counted("source-packets");
	EXPECT_TRUE(until([&] { return counted("source-packets") > after; }));
	must(flood.stop());
	// One burst in all, although the daemon was there twice.
	const double window = Seconds(std::chrono::steady_clock::now() - started).count();
	EXPECT_GE(counted("admitted"), 5000u);
	EXPECT_LE(static_cast<double>(counted("admitted")), 5000 + window + 1);
	EXPECT_TRUE(until([&] { return static_cast<std::uint32_t>(judged()) + before_gate == received(); })) << "frames that nobody judged";
}

TEST_F(Survival, APolicyChangeRefillsNothing)
{
	start(kPolicy);
	send(frame_from("198.51.100.7"), 20000);
	const std::uint64_t admitted = counted("admitted");
	EXPECT_GE(admitted, 5000u);
	must(daemon().write_file("policy.yaml", std::string(kPolicy) +
						     "sources:\n  - {name: more, action: deny, prefixes: [203.0.113.0/24]}\n"));
	ASSERT_EQ(must(daemon().command({"apply", daemon().policy_path()})).code, 0);
	EXPECT_EQ(generation(), 2u);
	send(frame_from("198.51.100.7"), 20000);
	EXPECT_LE(counted("admitted"), admitted + 60) << "a minute's worth at most";
}

TEST_F(Survival, AnOrderlyEndKeepsEnforcing)
{
	start(kPolicy);
	daemon().process().signal(SIGTERM);
	EXPECT_EQ(daemon().process().wait(kPatience), 0) << daemon().process().errors();
	EXPECT_TRUE(guarded());
	const std::uint64_t before = counted("admitted");
	send(frame_from("198.51.100.7"), 10);
	EXPECT_EQ(counted("admitted"), before + 10);
}

TEST_F(Survival, DetachOnExitLeavesTheInterfaceBare)
{
	start(kPolicy, {}, {"--detach-on-exit"});
	EXPECT_TRUE(guarded());
	daemon().process().signal(SIGTERM);
	EXPECT_EQ(daemon().process().wait(kPatience), 0) << daemon().process().errors();
	EXPECT_FALSE(guarded());
}

TEST_F(Panic, TakesEverythingOffWithTheDaemonDead)
{
	start("version: 1\nsources:\n  - {name: world, action: deny, prefixes: [192.0.2.0/24]}\n");
	daemon().kill();
	EXPECT_TRUE(guarded());
	const lab::Finished panic = must(daemon().command({"panic"}));
	EXPECT_EQ(panic.code, 0) << panic.errors;
	EXPECT_FALSE(guarded());
	serve_http();
}

}  // namespace sluice::e2e
