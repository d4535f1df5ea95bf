// Somebody says beside the lists who may come in, and who may not.
#include "story.h"

namespace sluice::e2e {

namespace {

using Overlay = Story;

}  // namespace

TEST_F(Overlay, BitesAtOnceAndIsForgotten)
{
	start("version: 1\nsources:\n  - {name: feed, action: deny, files: [lists/feed.netset]}\n", {{"lists/feed.netset", "203.0.113.0/24 # scans\n"}});
	ASSERT_EQ(must(daemon().command({"allow", "203.0.113.66", "--for", "1h", "--why", "a customer"})).code, 0);
	ASSERT_EQ(must(daemon().command({"deny", "198.51.100.0/24"})).code, 0);
	const auto judged_now = [&] {
		const std::uint64_t allowed = counted("listed"), denied = counted("listed-deny");
		send(frame_from("203.0.113.66"), 10);
		send(frame_from("203.0.113.67"), 10);  // its neighbour
		send(frame_from("198.51.100.7"), 10);
		return std::pair(counted("listed") - allowed, counted("listed-deny") - denied);
	};
	EXPECT_EQ(judged_now(), std::pair(std::uint64_t{10}, std::uint64_t{20}));

	const nlohmann::json explained = must(daemon().ask({"explain", "--src", "203.0.113.66", "--dst", "192.0.2.2:80"}));
	EXPECT_EQ(explained.at("rule"), "overlay");
	EXPECT_EQ(explained.at("overlay").at("why"), "a customer");
	EXPECT_EQ(must(daemon().ask({"explain", "--src", "203.0.113.67", "--dst", "192.0.2.2:80"})).at("source").at("comment"), "scans");

	ASSERT_EQ(must(daemon().command({"forget", "203.0.113.66", "198.51.100.0/24"})).code, 0);
	EXPECT_EQ(judged_now(), std::pair(std::uint64_t{0}, std::uint64_t{20}));
	EXPECT_EQ(must(daemon().command({"forget", "203.0.113.66"})).code, 1);
}

TEST_F(Overlay, GoesOnWithoutTheDaemonAndTheNextOneAdoptsIt)
{
	start("version: 1\nsources:\n  - {name: feed, action: deny, prefixes: [203.0.113.0/24]}\n");
	ASSERT_EQ(must(daemon().command({"allow", "203.0.113.66", "--why", "a customer"})).code, 0);
	ASSERT_EQ(must(daemon().command({"deny", "2001:db8:bad::/48", "--for", "1h"})).code, 0);
	daemon().kill();
	const auto judges = [&](const char* when) {
		const std::uint64_t allowed = counted("listed"), denied = counted("listed-deny");
		send(frame_from("203.0.113.66"), 10);
		send(frame_from("2001:db8:bad::1"), 10);
		EXPECT_EQ(counted("listed") - allowed, 10u) << when;
		EXPECT_EQ(counted("listed-deny") - denied, 10u) << when;
	};
	judges("with the daemon dead");

	const nlohmann::json dumped = must(daemon().dump({"sources"}));
	ASSERT_EQ(dumped.at("overlay").size(), 2u) << dumped;
	EXPECT_EQ(dumped.at("overlay").at(1).at("prefix"), "2001:db8:bad::/48");
	EXPECT_EQ(dumped.at("overlay").at(0).at("why"), "a customer");
	EXPECT_EQ(dumped.at("overlay").at(0).at("uid"), 0);
	const nlohmann::json gets = must(daemon().dump({"sources", "--source", "203.0.113.66"})).at("sources");
	ASSERT_EQ(gets.size(), 1u);
	EXPECT_EQ(gets.at(0).at("list"), "overlay");
	EXPECT_EQ(gets.at(0).at("action"), "allow");
	EXPECT_EQ(must(daemon().dump({"sources", "--source", "203.0.113.67"})).at("sources").at(0).at("list"), "feed");

	must(daemon().restart());
	const nlohmann::json overlay = must(daemon().ask({"overlay"})).at("overlay");
	ASSERT_EQ(overlay.size(), 2u);
	EXPECT_EQ(overlay.at(0).at("why"), "a customer");
	EXPECT_EQ(overlay.at(0).at("user"), "root");
	EXPECT_LT(overlay.at(1).at("remaining_ns").get<std::uint64_t>(), 3600'000'000'000u);
	judges("with the next daemon");
	must(daemon().write_file("other.yaml", "version: 1\ndefault: deny\n"));
	ASSERT_EQ(must(daemon().command({"apply", daemon().directory() + "/other.yaml"})).code, 0);
	judges("under another policy");
}

TEST_F(Overlay, ExpiresInTheKernelAlone)
{
	start("version: 1\nsources:\n  - {name: feed, action: deny, prefixes: [203.0.113.0/24]}\n");
	ASSERT_EQ(must(daemon().command({"allow", "203.0.113.66", "--for", "2s"})).code, 0);
	daemon().kill();
	send(frame_from("203.0.113.66"), 10);
	EXPECT_EQ(counted("listed"), 10u);
	EXPECT_TRUE(until([&] {
		const std::uint64_t before = counted("listed-deny");
		send(frame_from("203.0.113.66"), 1);
		return counted("listed-deny") == before + 1;
	})) << "the list decides again";
	EXPECT_TRUE(must(daemon().dump({"overlay"})).at("overlay").empty());
	must(daemon().restart());
	EXPECT_TRUE(must(daemon().ask({"overlay"})).at("overlay").empty());
}

}  // namespace sluice::e2e
