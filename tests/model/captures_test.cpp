// Real captures: the program against the reference, frame by frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/reference.h"
#include "support/capture.h"
#include "support/gate.h"

namespace sluice::test {

namespace {

// Lists, services and limits that the captures run into; limits that no clock tick decides.
constexpr const char* kPolicy = R"(
version: 1
fragments: {each-source: {packets: {rate: 1/h, burst: 40}}}
failsafe:
  - {protocol: tcp, port: 22, from: [0.0.0.0/1]}
sources:
  - {name: private, action: allow, prefixes: [10.0.0.0/8], limit: {packets: {rate: 1/h, burst: 200}}}
  - {name: home, action: deny, prefixes: [192.168.0.0/17, "fe80::/64"]}
services:
  - {name: web, protocol: tcp, ports: [80, 443], each-source: {connections: {rate: 1/h, burst: 3}}, all-sources: {packets: {rate: 1/h, burst: 3000}}}
  - {name: dns, protocol: udp, ports: [53], each-prefix: {ipv4: 16, ipv6: 32, limit: {bits: {rate: 1k/h, burst: 80000}}}}
  - {name: ping, protocol: icmpv6, each-source: {packets: {rate: 1/h, burst: 100}}}
)";

// Of the longest captures the first frames will do: they repeat themselves.
constexpr std::size_t kMostFrames = 400;

class CapturesDifferential : public GateTest {};

}  // namespace

TEST_F(CapturesDifferential, EveryFrameIsJudgedAlike)
{
	const auto directory = captures_directory();
	if (!directory)
		GTEST_SKIP() << "the captures are not there: expected in ../shared/data beside the source tree";
	const auto policy = policy_of(kPolicy);
	ASSERT_TRUE(policy) << policy.error().message();
	ASSERT_NO_FATAL_FAILURE(install(kPolicy));
	Reference reference(*policy);
	std::vector<std::string> files;
	for (const char* kind : {"attacks", "normal", "parsing"}) {
		for (const auto& entry : std::filesystem::directory_iterator(*directory + "/" + kind))
			files.push_back(entry.path());
	}
	std::sort(files.begin(), files.end());
	for (const auto& file : files) {
		const auto capture = read_capture(file);
		ASSERT_TRUE(capture) << capture.error().sentence();
		for (std::size_t i = 0; i < std::min(capture->frames.size(), kMostFrames); i++) {
			const Bytes& bytes = capture->frames[i].bytes;
			const Bytes frame = capture->ethernet ? bytes : with_ethernet(bytes);
			const Judgement expected = reference.judge(frame, gate_->now_mono_ns());
			const auto judged = gate_->judge(frame);
			ASSERT_TRUE(judged) << judged.error().sentence() << ", " << file << ", frame " << i + 1;
			ASSERT_EQ(*judged, expected) << file << ", frame " << i + 1;
		}
	}
}

}  // namespace sluice::test
