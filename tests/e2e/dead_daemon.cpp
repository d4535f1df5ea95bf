// With the daemon dead: what sluice-dump tells from the pins, what panic does, and what the daemon says when it returns.
#include "story.h"

namespace sluice::e2e {

namespace {

using DeadDaemon = Story;
using nlohmann::json;

constexpr const char* kPolicy = R"(version: 1
sources:
  - {name: scanners, action: deny, prefixes: [203.0.113.0/24]}
services:
  - {name: api, protocol: udp, ports: [9000], each-source: {packets: 1/h, burst: 500}}
)";
constexpr const char* kClient = "198.51.100.7";
constexpr const char* kBanned = "198.51.100.66";

// The row whose `key` is `value`; null where there is none.
json row(const json& rows, const char* key, const std::string& value)
{
	for (const json& each : rows) {
		if (each.at(key) == value)
			return each;
	}
	return nullptr;
}

bool mentions(const json& sentences, const std::string& piece)
{
	for (const json& sentence : sentences) {
		if (sentence.get<std::string>().find(piece) != std::string::npos)
			return true;
	}
	return false;
}

}  // namespace

TEST_F(DeadDaemon, KilledUnderLoadTheDumpTellsWhatStands)
{
	start(kPolicy);
	ASSERT_EQ(must(daemon().command({"ban", kBanned, "--why", "a test"})).code, 0);
	lab::FloodShape shape;
	shape.frame = frame_from(kClient);
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start());
	ASSERT_TRUE(until([&] { return counted("source-packets") > 0; }));
	daemon().kill();
	const std::uint64_t then = counted("source-packets");
	EXPECT_TRUE(until([&] { return counted("source-packets") > then; })) << "enforcement ended with the daemon";
	must(flood.stop());
	send(frame_from(kBanned), 100);
	send(frame_from("203.0.113.9"), 50);
	EXPECT_EQ(must(daemon().command({"status"})).code, 3) << "nobody answers";

	ASSERT_TRUE(until([&] { return counted("listed-deny") == 50; }));
	const json counters = must(daemon().dump({"counters"})).at("counters");
	EXPECT_EQ(row(counters.at("reasons"), "reason", "banned").at("packets"), 100);
	EXPECT_EQ(row(counters.at("reasons"), "reason", "admitted").at("packets"), 500);
	EXPECT_EQ(row(counters.at("services"), "service", "api").at("passed").at("packets"), 500);
	EXPECT_EQ(row(counters.at("rules"), "rule", "scanners").at("packets"), 50);

	const json bans = must(daemon().dump({"bans"})).at("bans");
	ASSERT_EQ(bans.size(), 1u);
	EXPECT_EQ(bans[0].at("prefix"), kBanned);
	EXPECT_EQ(bans[0].at("why"), "a test");

	const json limit = row(must(daemon().dump({"limits"})).at("limits"), "limit", "api/each-source");
	ASSERT_FALSE(limit.is_null());
	EXPECT_EQ(limit.at("burst"), 500);
	EXPECT_EQ(limit.at("fullest"), 500);
	EXPECT_EQ(limit.at("keys_in_use"), 1);
	const json level = row(must(daemon().dump({"limits", "--source", kClient})).at("limits"), "limit", "api/each-source");
	ASSERT_FALSE(level.is_null());
	EXPECT_EQ(level.at("level"), 500);
	EXPECT_EQ(level.at("left"), 0);

	const json range = row(must(daemon().dump({"sources"})).at("sources"), "list", "scanners");
	ASSERT_FALSE(range.is_null());
	EXPECT_EQ(range.at("first"), "203.0.113.0");
	EXPECT_EQ(range.at("last"), "203.0.113.255");
	EXPECT_EQ(range.at("action"), "deny");
}

TEST_F(DeadDaemon, PanicNeedsNobodyAndTheDumpGoesOn)
{
	start(kPolicy);
	ASSERT_EQ(must(daemon().command({"ban", kBanned})).code, 0);
	send(frame_from(kBanned), 100);
	ASSERT_TRUE(until([&] { return counted("banned") == 100; }));
	daemon().kill();
	const lab::Finished panic = must(daemon().command({"panic"}));
	EXPECT_EQ(panic.code, 0) << panic.errors;
	EXPECT_EQ(panic.output, "eth0: detached\n");
	EXPECT_FALSE(guarded());
	const lab::Finished again = must(daemon().command({"panic"}));
	EXPECT_EQ(again.code, 0) << again.errors;
	EXPECT_EQ(again.output, "nothing of Sluice was on any interface\n");

	const std::uint64_t before = judged();
	send(frame_from(kClient), 10);
	EXPECT_EQ(judged(), before) << "nobody judges";
	EXPECT_EQ(counted("banned"), 100u);
	EXPECT_EQ(must(daemon().dump({"bans"})).at("bans").size(), 1u);

	must(daemon().restart());
	EXPECT_TRUE(guarded()) << "it is started for this interface";
	const json status = must(daemon().ask({"status"}));
	EXPECT_FALSE(mentions(status.at("warnings"), "gone")) << status.at("warnings");
	EXPECT_GE(counted("banned"), 100u);
	EXPECT_EQ(must(daemon().ask({"bans"})).at("bans").size(), 1u);
}

TEST_F(DeadDaemon, ADaemonThatLivesSaysWhoTookItsProgramOff)
{
	start(kPolicy);
	ASSERT_EQ(must(daemon().command({"panic"})).code, 0);
	const json status = must(daemon().ask({"status"}));
	EXPECT_TRUE(status.at("interfaces").empty());
	EXPECT_TRUE(mentions(status.at("warnings"), "eth0 was detached by somebody else (sluice panic does that)")) << status.at("warnings");
	EXPECT_FALSE(mentions(status.at("warnings"), "gone")) << status.at("warnings");
	ASSERT_EQ(must(daemon().command({"attach", "eth0"})).code, 0);
	EXPECT_TRUE(guarded());
}

TEST_F(DeadDaemon, TheDumpSaysWhatItCannotDo)
{
	start(kPolicy);
	const auto dump = [&](std::vector<std::string> arguments) {
		arguments.insert(arguments.begin(), lab::program("sluice-dump"));
		return must(lab::run(wire().gate().command(std::move(arguments))));
	};
	EXPECT_EQ(dump({"--pins", daemon().pins() + "-not", "counters"}).code, 1);
	EXPECT_EQ(dump({"--pins", daemon().pins(), "spoons"}).code, 2);
	EXPECT_EQ(dump({"--pins", daemon().pins(), "--json", "counters"}).code, 0);
}

}  // namespace sluice::e2e
