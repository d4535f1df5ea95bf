// What goes wrong while a flood is met: the listener restarts, the program behind the gate goes, the client has a namesake.
#include "flood_story.h"

namespace sluice::e2e {

namespace {

using FloodFaults = FloodStory;

}  // namespace

TEST_F(FloodFaults, AListenerThatRestartsIsNotAnsweredForMeanwhile)
{
	serve(proving_policy("cookie"));
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("cookie");
	kill_server();
	const std::uint64_t dropped = counted("unproved");
	ASSERT_TRUE(until([&] { return counted("unproved") > dropped + kFloodRate / 10; }));
	const std::uint64_t sent = counted("cookie");
	EXPECT_EQ(newcomers(100, 1), 0u);
	EXPECT_EQ(counted("cookie"), sent) << "a closed port looks closed";
	start_server();
	EXPECT_EQ(newcomers(110, 5), 5u) << "they get in as soon as somebody listens";
	EXPECT_GT(counted("cookie"), sent);
	must(syns.stop());
	EXPECT_EQ(cookies().at("refused"), 0);
	EXPECT_EQ(cookies().at("taken"), 5);
}

TEST_F(FloodFaults, WhatTakesCookiesBackIsPutBack)
{
	serve(proving_policy("cookie"));
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("cookie");
	const std::string pin = daemon().pins() + "/cookies/" + lab::kInterface;
	must(lab::run_checked({{"bpftool", "link", "detach", "pinned", pin}, {}, {}}));
	unsigned next = 100;
	ASSERT_TRUE(until([&] { return newcomers(next++, 1) == 1; })) << "the daemon asks for it by itself";
	EXPECT_EQ(newcomers(next, 5), 5u);
	EXPECT_TRUE(until([&] {
		return must(daemon().ask({"status"})).at("warnings").dump().find("no longer on eth0") != std::string::npos;
	}));
	EXPECT_TRUE(cookies().at("ready").get<bool>());
	must(syns.stop());
}

TEST_F(FloodFaults, ADaemonThatReturnsTakesBackByItsOwnProgram)
{
	serve(proving_policy("cookie"));
	const auto program = [&] {
		const std::string pin = daemon().pins() + "/cookies/" + lab::kInterface;
		const std::string told = must(lab::run_checked({{"bpftool", "--json", "link", "show", "pinned", pin}, {}, {}}));
		return nlohmann::json::parse(told).at("prog_id").get<unsigned>();
	};
	const unsigned before = program();
	daemon().kill();
	EXPECT_EQ(program(), before);
	must(daemon().restart());
	EXPECT_NE(program(), before) << "one of another make would read other terms from a cookie";
	EXPECT_EQ(newcomers(100, 3), 3u);
	EXPECT_EQ(cookies().at("refused"), 0);
}

TEST_F(FloodFaults, TheDaemonPutsItBackWhenItReturns)
{
	serve(proving_policy("cookie"));
	daemon().kill();
	const std::string pin = daemon().pins() + "/cookies/" + lab::kInterface;
	must(lab::run_checked({{"bpftool", "link", "detach", "pinned", pin}, {}, {}}));
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("cookie");
	EXPECT_TRUE(get(lab::kWorldIpv4)) << "who is known needs no cookie";
	must(daemon().restart());
	EXPECT_TRUE(cookies().at("ready").get<bool>());
	EXPECT_EQ(newcomers(100, 5), 5u);
	must(syns.stop());
}

}  // namespace sluice::e2e
