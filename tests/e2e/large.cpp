// A policy with a million prefixes, applied while others ask.
#include "story.h"

namespace sluice::e2e {

namespace {

using Large = Story;

constexpr unsigned kPrefixes = 1'000'000;
constexpr std::uint64_t kMostDaemonBytes = 512ull << 20;

constexpr const char* kPolicy = R"(version: 1
sources:
  - {name: feed, action: deny, files: [lists/feed.netset]}
)";

// Every second address from 100.0.0.0 on, in an order that is not theirs.
std::string feed()
{
	std::string text;
	for (std::uint64_t i = 0; i < kPrefixes; i++) {
		const std::uint64_t at = i * 7919 % kPrefixes * 2;
		text += "100." + std::to_string(at >> 16) + "." + std::to_string(at >> 8 & 255) + "." + std::to_string(at & 255) + "\n";
	}
	return text;
}

}  // namespace

TEST_F(Large, OtherVerbsAreAnsweredMeanwhile)
{
	start("version: 1\n");
	must(daemon().write_file("lists/feed.netset", feed()));
	must(daemon().write_file("large.yaml", kPolicy));
	const std::string path = daemon().directory() + "/large.yaml";
	lab::Process applying = must(lab::Process::start(wire().gate().command(
	    {lab::program("sluice"), "--socket", daemon().directory() + "/control.sock", "--json", "apply", path})));
	bool seen = false;
	std::uint64_t most_bytes = 0;
	while (applying.running()) {
		const nlohmann::json status = must(daemon().ask({"status"}));
		most_bytes = std::max(most_bytes, status.at("memory").at("daemon_bytes").get<std::uint64_t>());
		if (status.at("applying").is_null())
			continue;
		seen = true;
		EXPECT_EQ(status.at("applying").at("path"), path);
		EXPECT_EQ(status.at("generation"), 1) << "the policy before judges until the next one is whole";
	}
	EXPECT_EQ(applying.wait(kPatience), 0) << applying.errors();
	EXPECT_TRUE(seen) << "no status told of the policy on its way";
	EXPECT_LT(most_bytes, kMostDaemonBytes);

	const nlohmann::json applied = nlohmann::json::parse(applying.output());
	EXPECT_EQ(applied.at("prefixes"), kPrefixes);
	const nlohmann::json& times = applied.at("times");
	EXPECT_GE(times.at("took_ns").get<std::uint64_t>(), times.at("reading_ns").get<std::uint64_t>() + times.at("compiling_ns").get<std::uint64_t>() +
								times.at("keeping_ns").get<std::uint64_t>() + times.at("installing_ns").get<std::uint64_t>());
	EXPECT_GT(times.at("compiling_ns").get<std::uint64_t>(), 0u);
	EXPECT_TRUE(must(daemon().ask({"status"})).at("applying").is_null());

	send(frame_from("100.0.0.2"), 10);
	send(frame_from("100.0.0.3"), 10);  // its neighbour
	EXPECT_EQ(counted("listed-deny"), 10u);
}

}  // namespace sluice::e2e
