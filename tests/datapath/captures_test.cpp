// Real captures through the program under a policy that allows everything: whatever is dropped is malformed, every drop
// is expected (captures.txt), and every packet has exactly one reason.
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "datapath/table.h"
#include "kernel/run_packet.h"
#include "support/capture.h"

namespace sluice::test {

namespace {

using Counts = std::map<std::string, std::uint64_t>;

// Frames below 14 bytes are not run: the kernel refuses them, and so do drivers.
constexpr std::size_t kShortest = 14;

std::vector<std::string> capture_files(const std::string& directory)
{
	std::vector<std::string> files;
	for (const char* kind : {"attacks", "normal", "parsing"}) {
		for (const auto& entry : std::filesystem::directory_iterator(directory + "/" + kind))
			files.push_back(std::string(kind) + "/" + entry.path().filename().string());
	}
	std::sort(files.begin(), files.end());
	return files;
}

class Captures : public GateTest {
protected:
	Counts reasons()
	{
		const auto reasons = gate_->reasons();
		if (!reasons) {
			ADD_FAILURE() << reasons.error().sentence();
			return {};
		}
		return *reasons;
	}

	// Reasons of a file's frames, and how many frames were run.
	Counts replay(const Capture& capture, std::uint64_t& frames)
	{
		Counts before = reasons();
		for (const auto& captured : capture.frames) {
			const Bytes frame = capture.ethernet ? captured.bytes : with_ethernet(captured.bytes);
			if (frame.size() < kShortest)
				continue;
			const auto run = kernel::run_packet(gate_->program(), std::as_bytes(Frame(frame)));
			EXPECT_TRUE(run) << (run ? "" : run.error().sentence());
			frames++;
		}
		Counts after = reasons();
		for (const auto& [reason, packets] : before) {
			after[reason] -= packets;
			if (after[reason] == 0)
				after.erase(reason);
		}
		return after;
	}
};

}  // namespace

TEST_F(Captures, EveryPacketHasOneReasonAndEveryDropIsExpected)
{
	const auto directory = captures_directory();
	if (!directory)
		GTEST_SKIP() << "the captures are not there: expected in ../shared/data beside the source tree";
	install("version: 1\nfragments: allow\n");
	const auto expected = expected_drops();
	for (const auto& file : capture_files(*directory)) {
		SCOPED_TRACE(file);
		const auto capture = read_capture(*directory + "/" + file);
		ASSERT_TRUE(capture) << capture.error().sentence();
		std::uint64_t frames = 0;
		const Counts counted = replay(*capture, frames);
		std::uint64_t sum = 0;
		Counts drops;
		for (const auto& [reason, packets] : counted) {
			sum += packets;
			if (!reason_passes(reason))
				drops[reason] = packets;
		}
		EXPECT_EQ(sum, frames);
		EXPECT_GT(frames, 0u);
		const auto line = expected.find(file);
		EXPECT_EQ(drops, line == expected.end() ? Counts{} : line->second);
	}
}

TEST_F(Captures, EveryExpectationHasItsFile)
{
	const auto directory = captures_directory();
	if (!directory)
		GTEST_SKIP() << "the captures are not there: expected in ../shared/data beside the source tree";
	for (const auto& [file, drops] : expected_drops())
		EXPECT_TRUE(std::filesystem::exists(*directory + "/" + file)) << file;
}

}  // namespace sluice::test
