// Replay, the command itself: over the project's captures, and beside a gate that runs.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "story.h"
#include "support/capture.h"

namespace sluice::e2e {

namespace {

namespace fs = std::filesystem;

constexpr const char* kNoCaptures = "the captures are not there: expected in ../shared/data beside the source tree";

class Replay : public Story {
protected:
	void SetUp() override
	{
		Story::SetUp();
		char name[] = "/tmp/sluice-replay-XXXXXX";
		directory_ = ::mkdtemp(name);
	}
	void TearDown() override { fs::remove_all(directory_); }

	std::string write(const std::string& name, const std::string& text)
	{
		const std::string path = directory_ + "/" + name;
		std::ofstream(path) << text;
		return path;
	}

	std::string directory_;
};

nlohmann::json replayed(const std::vector<std::string>& arguments)
{
	lab::Command command{{lab::program("sluice"), "--json", "--socket", "/nonexistent/sluice.sock", "replay"}, "", {}};
	command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
	return nlohmann::json::parse(must(lab::run_checked(command)));
}

}  // namespace

TEST_F(Replay, DropsOfEveryCaptureAreThoseThatAreExpected)
{
	const auto captures = test::captures_directory();
	if (!captures)
		GTEST_SKIP() << kNoCaptures;
	const std::string policy = write("allow.yaml", "version: 1\nfragments: allow\n");
	const auto expected = test::expected_drops();
	int files = 0;
	for (const char* kind : {"attacks", "normal", "parsing"}) {
		for (const auto& entry : fs::directory_iterator(*captures + "/" + kind)) {
			const std::string name = std::string(kind) + "/" + entry.path().filename().string();
			SCOPED_TRACE(name);
			const auto report = replayed({entry.path(), "--policy", policy});
			std::map<std::string, std::uint64_t> drops;
			std::uint64_t sum = 0;
			for (const auto& row : report.at("by_reason")) {
				sum += row.at("packets").get<std::uint64_t>();
				if (row.at("verdict") == "drop")
					drops[row.at("reason")] = row.at("packets");
			}
			const auto line = expected.find(name);
			EXPECT_EQ(drops, line == expected.end() ? decltype(drops)() : line->second);
			EXPECT_EQ(sum, report.at("packets"));
			files++;
		}
	}
	EXPECT_GT(files, 0);
}

TEST_F(Replay, LeavesTheGateThatRunsAlone)
{
	const auto captures = test::captures_directory();
	if (!captures)
		GTEST_SKIP() << kNoCaptures;
	start("version: 1\nservices:\n  - {name: any, protocol: udp, each-source: {packets: {rate: 1/h, burst: 5}}}\n");
	send(frame_from("203.0.113.66"), 8);
	const std::uint32_t number = generation();
	const std::string file = *captures + "/attacks/ntp-mode-6-7.pcap";
	const auto report = must(daemon().ask({"replay", file}));
	EXPECT_GT(report.at("packets").get<std::uint64_t>(), 0u);
	EXPECT_EQ(report.at("notes"), nlohmann::json::array()) << "the policy that runs, as it runs";
	EXPECT_EQ(counted("admitted"), 5u);
	EXPECT_EQ(counted("source-packets"), 3u) << "what was replayed is not counted";
	EXPECT_EQ(generation(), number);
	send(frame_from("203.0.113.66"), 1);
	EXPECT_EQ(counted("source-packets"), 4u) << "no level was touched";
}

}  // namespace sluice::e2e
