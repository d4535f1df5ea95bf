// List files that are watched over: too old, too much lost at once; and forced all the same.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "daemon/feed_watch.h"
#include "unit/daemon_undo_fixture.h"

namespace sluice::daemon {
namespace {

class DaemonFeeds : public DaemonUndo {
protected:
	static std::string entries(unsigned count)
	{
		std::string text;
		for (unsigned i = 0; i < count; i++)
			text += "203.0." + std::to_string(113 + i / 250) + "." + std::to_string(i % 250) + "\n";
		return text;
	}
	void write(const std::string& keys, unsigned count)
	{
		directory_.write("policy.yaml", "version: 1\nsources:\n  - {name: bad, action: deny, files: [bad.netset]" + keys + "}\n");
		directory_.write("bad.netset", entries(count));
		written_at(clock_.unix_ns());
	}
	void written_at(std::uint64_t unix_ns)
	{
		const timespec times[2] = {{static_cast<time_t>(unix_ns / kSecond), 0}, {static_cast<time_t>(unix_ns / kSecond), 0}};
		ASSERT_EQ(::utimensat(AT_FDCWD, directory_.at("bad.netset").c_str(), times, 0), 0);
	}
	void reload()
	{
		const std::size_t before = told_.size();
		policies_->reload();
		ASSERT_TRUE(run_until([&] { return told_.size() > before; }));
	}
	std::uint32_t prefixes() { return (*datapath_.running())->meta.prefixes; }
	bool warns(const std::string& piece) const
	{
		const auto warnings = policies_->warnings();
		return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& text) { return text.find(piece) != std::string::npos; });
	}
	std::string state() { return state_of(policies_->feeds().at(0), clock_.unix_ns()); }
};

TEST_F(DaemonFeeds, AListThatLostTooMuchIsHeldBackUntilForced)
{
	write("", 200);
	come_back();
	directory_.write("bad.netset", entries(99));
	reload();
	EXPECT_EQ(prefixes(), 200u) << "the old content stays in force";
	EXPECT_EQ(state(), "held-back");
	EXPECT_TRUE(warns("has 99 entries and had 200: it is held back"));
	EXPECT_FALSE(policies_->degraded());

	// What else changes is taken, and the list stays held back.
	directory_.write("policy.yaml", "version: 1\nfragments: allow\nsources:\n  - {name: bad, action: deny, files: [bad.netset]}\n");
	const auto applied = apply({.path = path()});
	ASSERT_TRUE(applied) << applied.error().sentence();
	EXPECT_FALSE((*datapath_.running())->config.drop_fragments);
	EXPECT_EQ(prefixes(), 200u);
	ASSERT_EQ(std::get<Applied>(*applied).warnings.size(), 1u);

	const auto forced = apply({.path = path(), .force = true});
	ASSERT_TRUE(forced) << forced.error().sentence();
	EXPECT_EQ(prefixes(), 99u);
	EXPECT_EQ(state(), "fresh");
	EXPECT_TRUE(policies_->warnings().empty());
}

TEST_F(DaemonFeeds, HalfIsNotTooMuchAndAFractionCanBeStated)
{
	write("", 200);
	come_back();
	directory_.write("bad.netset", entries(100));
	reload();
	EXPECT_EQ(prefixes(), 100u);
	write(", max-shrink: 5%", 100);
	reload();
	directory_.write("bad.netset", entries(94));
	reload();
	EXPECT_EQ(prefixes(), 100u);
	directory_.write("bad.netset", entries(95));
	reload();
	EXPECT_EQ(prefixes(), 95u) << "renewed, it is no longer held back";
	EXPECT_EQ(state(), "fresh");
}

TEST_F(DaemonFeeds, ARestartKnowsWhatTheListsHeld)
{
	write("", 200);
	come_back();
	die();
	directory_.write("bad.netset", entries(10));
	come_back();
	EXPECT_EQ(prefixes(), 200u);
	EXPECT_EQ(state(), "held-back");
}

TEST_F(DaemonFeeds, WithoutTheOldContentNothingChanges)
{
	write("", 200);
	come_back();
	const auto before = generation();
	std::filesystem::remove_all(directory_.at("state/policies"));
	directory_.write("bad.netset", entries(10));
	reload();
	EXPECT_EQ(generation(), before);
	EXPECT_EQ(prefixes(), 200u);
	EXPECT_TRUE(policies_->degraded());
	EXPECT_TRUE(warns("which lost too many of its entries (--force takes it)"));
}

TEST_F(DaemonFeeds, AStaleListGoesOnAndIsToldOf)
{
	write(", max-age: 1h", 3);
	come_back();
	EXPECT_EQ(state(), "fresh");
	clock_.advance(60 * kMinute);
	EXPECT_EQ(state(), "fresh") << "near miss: exactly as old as it may be";
	clock_.advance(2 * kMinute);
	EXPECT_EQ(state(), "stale");
	EXPECT_TRUE(warns("was last written 1h 2m ago, more than 1h 0m: its entries go on"));
	reload();
	EXPECT_EQ(prefixes(), 3u);
}

TEST_F(DaemonFeeds, AStaleListThatIsToBeDroppedCeasesUntilItIsRenewed)
{
	write(", max-age: 1h, stale: drop", 3);
	come_back();
	EXPECT_EQ(prefixes(), 3u);
	clock_.advance(61 * kMinute);
	reload();
	EXPECT_EQ(prefixes(), 0u);
	EXPECT_EQ(state(), "dropped");
	EXPECT_TRUE(warns("its entries have ceased until it is renewed"));
	written_at(clock_.unix_ns());
	reload();
	EXPECT_EQ(prefixes(), 3u);
	EXPECT_EQ(state(), "fresh");
}

// A watch over one feed, with its events and its calls for a reload.
struct Watched {
	explicit Watched(ManualClock& clock_) : clock(clock_) {}
	std::string events()
	{
		std::string out;
		for (const auto& event : journal.log().after(0, 100).events)
			out += telemetry::to_json(event).at("action").get<std::string>() + " ";
		return out;
	}
	void look() { loop.restart(), loop.run_for(std::chrono::milliseconds(1)), loop.run_for(2 * Deadline::kLook); }

	ManualClock& clock;
	boost::asio::io_context loop;
	Journal journal{clock, [] {}};
	unsigned reloads = 0;
	FeedWatch watch{loop, clock, journal, [this] { reloads++; }};
};

TEST(DaemonFeedWatch, TellsOnceAndAsksForAReloadWhereEntriesCease)
{
	spdlog::set_level(spdlog::level::off);
	ManualClock clock;
	Watched watched(clock);
	Feed feed{"bad", "bad.netset", 1, 3, clock.unix_ns(), {}, std::nullopt, false};
	feed.upkeep.max_age_ns = kMinute;
	watched.watch.follow({feed});
	EXPECT_EQ(watched.events(), "");
	clock.advance(kMinute + 2);
	watched.look();
	watched.watch.follow({feed});
	EXPECT_EQ(watched.events(), "stale ");
	EXPECT_EQ(watched.reloads, 0u);

	feed.changed_unix_ns = clock.unix_ns();
	feed.upkeep.stale = policy::Stale::kDrop;
	watched.watch.follow({feed});
	clock.advance(kMinute + 2);
	watched.look();
	EXPECT_EQ(watched.reloads, 1u);
	EXPECT_EQ(watched.events(), "stale fresh ") << "what ceases is told once it has";
	feed.ceased = true;
	watched.watch.follow({feed});
	EXPECT_EQ(watched.events(), "stale fresh dropped ");
}

TEST(DaemonFeedReport, JsonAndMetricsSayTheSame)
{
	Feed feed{"bad", "lists/bad.netset", 1, 200, 1'000 * kSecond, {}, 7u, false};
	feed.upkeep.max_age_ns = kMinute;
	const auto json = to_json(std::vector{feed}, 1'090 * kSecond).at(0);
	EXPECT_EQ(json.at("list"), "bad");
	EXPECT_EQ(json.at("state"), "held-back");
	EXPECT_EQ(json.at("held_entries"), 7);
	EXPECT_EQ(json.at("age_ns"), 90 * kSecond);
	const std::string text = to_prometheus({feed}, 1'090 * kSecond);
	for (const char* line : {"sluice_list_entries{list=\"bad\",file=\"lists/bad.netset\"} 200\n", "sluice_list_age_seconds{list=\"bad\",file=\"lists/bad.netset\"} 90\n",
				 "sluice_list_stale{list=\"bad\",file=\"lists/bad.netset\"} 1\n", "sluice_list_held_back{list=\"bad\",file=\"lists/bad.netset\"} 1\n"})
		EXPECT_NE(text.find(line), std::string::npos) << line << text;
	feed.changed_unix_ns.reset();
	EXPECT_FALSE(is_stale(feed, 1'090 * kSecond)) << "a file that is not there has no age";
}

}  // namespace
}  // namespace sluice::daemon
