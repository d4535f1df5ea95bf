// The screen of `sluice top`: rates between two answers, and who stands behind the sampled drops.
#include <gtest/gtest.h>

#include "cli/top_screen.h"

namespace sluice::cli {
namespace {

using control::Json;

Json drop(std::uint64_t sequence, const std::string& source, const std::string& reason, const Json& identity = nullptr)
{
	return {{"kind", "drop"}, {"sequence", sequence}, {"source", source}, {"reason", reason}, {"identity", identity}};
}

Counters counters(std::uint64_t passed, std::uint64_t dropped)
{
	Counters out;
	out.total = {passed + dropped, 100 * (passed + dropped)};
	out.reasons = {{"admitted", "pass", {passed, 100 * passed}}, {"source-packets", "drop", {dropped, 100 * dropped}}, {"banned", "drop", {7, 700}}};
	out.services = {{"idle", false, {1, 1}, {1, 1}}, {"api", false, {passed, 0}, {dropped, 0}}};
	return out;
}

TEST(CliTop, RatesAreWhatGrewTheFastestFirstAndWhatRestsIsLeftOut)
{
	const Counters before = counters(100, 1000), now = counters(140, 1400);
	const Top top = top_of(now, Before{before, 2}, {}, 10);
	EXPECT_DOUBLE_EQ(top.packets_per_second, 220);
	EXPECT_DOUBLE_EQ(top.bits_per_second, 8 * 22000);
	ASSERT_EQ(top.verdicts.size(), 2u);
	EXPECT_EQ(top.verdicts[0].reason, "source-packets");
	EXPECT_DOUBLE_EQ(top.verdicts[0].packets_per_second, 200);
	EXPECT_DOUBLE_EQ(top.verdicts[1].bits_per_second, 8 * 2000);
	ASSERT_EQ(top.services.size(), 1u);
	EXPECT_EQ(top.services[0].name, "api");
	EXPECT_DOUBLE_EQ(top.services[0].dropped_per_second, 200);
	EXPECT_EQ(top_of(now, Before{before, 2}, {}, 1).verdicts.size(), 1u);
}

TEST(CliTop, TalkersAreTheLaterDropsTheHeaviestFirst)
{
	Talkers talkers;
	talkers.take({drop(1, "192.0.2.1", "banned")});
	talkers.clear();
	talkers.take({drop(1, "192.0.2.1", "banned"), drop(2, "192.0.2.2", "banned"), drop(3, "192.0.2.3", "source-packets"),
		      drop(4, "192.0.2.3", "banned"), drop(5, "192.0.2.3", "source-packets", "spiffe://prod.example/a"),
		      Json{{"kind", "ban"}, {"sequence", 6}}});
	EXPECT_EQ(talkers.drops(), 4u) << "the first was taken before, the last is none";
	const auto sources = talkers.sources(10);
	ASSERT_EQ(sources.size(), 2u);
	EXPECT_EQ(sources[0].name, "192.0.2.3");
	EXPECT_EQ(sources[0].drops, 3u);
	EXPECT_EQ(sources[0].reason, "source-packets");
	ASSERT_EQ(talkers.identities(10).size(), 1u);
	EXPECT_EQ(talkers.identities(10)[0].name, "spiffe://prod.example/a");

	talkers.clear();
	talkers.take({drop(1, "192.0.2.9", "banned")});
	EXPECT_EQ(talkers.drops(), 1u) << "another daemon counts from one";
}

TEST(CliTop, WhatComesFromOutsideIsShownPrintable)
{
	Talkers talkers;
	talkers.take({drop(1, "192.0.2.3", "banned", "spiffe://prod.example/\x1b[2J"), Json(3), Json{{"kind", "drop"}}});
	const Counters before = counters(1, 1), now = counters(2, 2);
	const Top top = top_of(now, Before{before, 1}, talkers, 10);
	const std::string text = render(top, text::Style{});
	EXPECT_EQ(text.find('\x1b'), std::string::npos);
	EXPECT_NE(text.find("192.0.2.3"), std::string::npos);
	EXPECT_NE(text.find("100 %"), std::string::npos);
	EXPECT_EQ(to_json(top).at("sources").at(0).at("name"), "192.0.2.3");
	EXPECT_NE(render(Top{}, text::Style{}).find("0 packets/s"), std::string::npos) << "nothing at all";
}

}  // namespace
}  // namespace sluice::cli
