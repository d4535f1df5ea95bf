// A policy changes while packets come in.
#include <signal.h>

#include "story.h"

namespace sluice::e2e {

namespace {

using Reload = Story;

constexpr const char* kPolicy = R"(version: 1
sources:
  - {name: scanners, action: deny, files: [lists/scanners.netset]}
)";

}  // namespace

TEST_F(Reload, ABrokenPolicyLeavesTheRunningOneUntouched)
{
	start(kPolicy, {{"lists/scanners.netset", "203.0.113.66\n"}});
	must(daemon().write_file("policy.yaml", "version: 1\nsources:\n  - {name: scanners, acton: deny}\n"));
	const lab::Finished applied = must(daemon().command({"apply", daemon().policy_path()}));
	EXPECT_EQ(applied.code, 2);
	EXPECT_NE(applied.errors.find("policy.yaml:3:"), std::string::npos) << applied.errors;

	daemon().process().signal(SIGHUP);
	EXPECT_TRUE(until([&] { return !must(daemon().ask({"status"})).at("warnings").empty(); })) << "SIGHUP told nobody";
	EXPECT_EQ(generation(), 1u);
	send(frame_from("203.0.113.66"), 100);
	EXPECT_EQ(counted("listed-deny"), 100u);

	// Mended, it is taken, and the warning goes.
	must(daemon().write_file("policy.yaml", "version: 1\nmode: observe\n"));
	daemon().process().signal(SIGHUP);
	EXPECT_TRUE(until([&] { return generation() == 2; }));
	EXPECT_EQ(must(daemon().ask({"status"})).at("mode"), "observe");
}

TEST_F(Reload, AChangedListIsNoticed)
{
	start(kPolicy, {{"lists/scanners.netset", "203.0.113.66\n"}});
	send(frame_from("203.0.113.99"), 10);
	EXPECT_EQ(counted("listed-deny"), 0u);
	must(daemon().write_file("lists/scanners.netset", "203.0.113.66\n203.0.113.99\n"));
	ASSERT_TRUE(until([&] { return generation() == 2; }));
	send(frame_from("203.0.113.99"), 10);
	EXPECT_EQ(counted("listed-deny"), 10u);
	// What is no longer listed is no longer denied.
	must(daemon().write_file("lists/scanners.netset", "203.0.113.99\n"));
	ASSERT_TRUE(until([&] { return generation() == 3; }));
	send(frame_from("203.0.113.66"), 10);
	EXPECT_EQ(counted("listed-deny"), 10u);
}

TEST_F(Reload, NoPacketIsUnjudgedWhilePoliciesChange)
{
	start(kPolicy, {{"lists/scanners.netset", "203.0.113.66\n"}});
	std::uint32_t before = 0;
	ASSERT_TRUE(until([&] { // the two are read one after the other: with nothing arriving in between
		const std::uint32_t at_first = received();
		before = at_first - static_cast<std::uint32_t>(judged());
		return received() == at_first;
	}));
	lab::FloodShape shape;
	shape.frame = frame_from("203.0.113.66");
	shape.processor = 1;
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start());
	for (int i = 0; i < 10; i++) {
		must(daemon().write_file("lists/scanners.netset", "203.0.113.66\n203.0.113." + std::to_string(100 + i) + "\n"));
		ASSERT_EQ(must(daemon().command({"apply", daemon().policy_path()})).code, 0);
	}
	must(flood.stop());
	// Frames that found the link's ring full never arrived; of those that did, the gate knows every one.
	EXPECT_TRUE(until([&] { return static_cast<std::uint32_t>(judged()) + before == received(); }))
	    << judged() << " judged, " << received() - before << " received";
	EXPECT_LE(judged() - counted("listed-deny"), 100u) << "more than the hosts' own traffic was taken for something else";
	EXPECT_GT(counted("listed-deny"), flood.offered() / 2);
}

}  // namespace sluice::e2e
