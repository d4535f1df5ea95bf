// `replay`: the capture's clock, its frames, what is told of them. What judges is tested where it can be loaded.
#include <gtest/gtest.h>

#include <pcap/pcap.h>

#include <filesystem>

#include "cli/capture.h"
#include "cli/capture_clock.h"
#include "cli/command_line.h"
#include "cli/replay_tally.h"
#include "unit/control_fixture.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1000 * kMs;

TEST(CliCaptureClock, GoesWithTheStampsAndNeverBack)
{
	CaptureClock clock(kSecond);
	EXPECT_EQ(clock.at(700 * kSecond), kSecond) << "whatever the first stamp is";
	EXPECT_EQ(clock.at(700 * kSecond + 5 * kMs), kSecond + 5 * kMs);
	EXPECT_EQ(clock.at(700 * kSecond + 3 * kMs), kSecond + 5 * kMs) << "a little early";
	EXPECT_EQ(clock.at(700 * kSecond + 6 * kMs), kSecond + 6 * kMs) << "and no time was invented";
	EXPECT_EQ(clock.at(699 * kSecond + 6 * kMs), kSecond + 6 * kMs) << "a second early is early";
	EXPECT_EQ(clock.early(), 2u);
	EXPECT_EQ(clock.at(100 * kSecond), kSecond + 6 * kMs) << "set back";
	EXPECT_EQ(clock.at(100 * kSecond + kMs), kSecond + 7 * kMs) << "and it goes on";
	EXPECT_EQ(clock.at(0), kSecond + 7 * kMs);
	EXPECT_EQ(clock.early(), 4u);
}

struct Stamped {
	std::vector<std::uint8_t> bytes;
	std::uint32_t length = 0;
};

void write_capture(const std::string& path, int link, const std::vector<Stamped>& frames)
{
	pcap_t* dead = pcap_open_dead(link, 65535);
	pcap_dumper_t* file = pcap_dump_open(dead, path.c_str());
	ASSERT_NE(file, nullptr);
	for (const auto& frame : frames) {
		const pcap_pkthdr header{{5, 6}, static_cast<bpf_u_int32>(frame.bytes.size()), frame.length};
		pcap_dump(reinterpret_cast<u_char*>(file), &header, frame.bytes.data());
	}
	pcap_dump_close(file);
	pcap_close(dead);
}

// IPv4 and the first bytes of TCP, of a packet of 1000 bytes.
std::vector<std::uint8_t> ipv4_head(std::size_t bytes)
{
	std::vector<std::uint8_t> head(40);
	head[0] = 0x45;
	head[2] = 1000 >> 8;
	head[3] = 1000 & 0xff;
	head[9] = 6;
	head[12] = 203;
	head[32] = 0x50;
	head.resize(bytes);
	return head;
}

TEST(CliCapture, CutFramesAreAsLongAsTheyWere)
{
	test::Directory directory;
	write_capture(directory.at("raw.pcap"), DLT_RAW, {{ipv4_head(40), 1000}, {ipv4_head(30), 1000}, {{0x60, 0}, 2}});
	auto capture = Capture::open(directory.at("raw.pcap"));
	ASSERT_TRUE(capture) << capture.error().sentence();
	const auto whole = capture->next();
	ASSERT_TRUE(whole && *whole);
	EXPECT_EQ((*whole)->bytes.size(), 1014u) << "an Ethernet header, and what was cut off";
	EXPECT_EQ((*whole)->bytes[12], std::byte{0x08});
	EXPECT_EQ((*whole)->unix_ns, 5 * kSecond + 6000);
	EXPECT_EQ(capture->headless(), 0u);
	const auto headless = capture->next();
	ASSERT_TRUE(headless && *headless);
	EXPECT_EQ((*headless)->bytes.size(), 44u) << "near miss: nobody knows what stood in its header";
	EXPECT_EQ(capture->headless(), 1u);
	const auto ipv6 = capture->next();
	ASSERT_TRUE(ipv6 && *ipv6);
	EXPECT_EQ((*ipv6)->bytes[12], std::byte{0x86});
	const auto end = capture->next();
	ASSERT_TRUE(end);
	EXPECT_FALSE(*end);
}

TEST(CliCapture, WhatIsNoCaptureIsRefused)
{
	test::Directory directory;
	directory.write("text", "this is no capture, though it is long enough for one");
	write_capture(directory.at("wifi.pcap"), DLT_IEEE802_11, {});
	write_capture(directory.at("cut.pcap"), DLT_EN10MB, {{std::vector<std::uint8_t>(60), 60}});
	std::filesystem::resize_file(directory.at("cut.pcap"), 24 + 16 + 30);
	for (const char* name : {"absent", "text", "wifi.pcap"}) {
		const auto refused = Capture::open(directory.at(name));
		ASSERT_FALSE(refused) << name;
		EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid) << name;
	}
	auto cut = Capture::open(directory.at("cut.pcap"));
	ASSERT_TRUE(cut) << cut.error().sentence();
	EXPECT_FALSE(cut->next()) << "the file breaks off";
}

sluice_explanation found(const std::string& source, sluice_reason reason, std::uint16_t service = 2)
{
	sluice_explanation found{};
	found.source = net::Address::parse(source)->to_abi();
	found.reason = reason;
	found.service = service;
	found.length = 100;
	return found;
}

TEST(CliReplayTally, TellsWhoOfTheAllowedWouldHaveBeenHit)
{
	ReplayTally tally;
	for (int i = 0; i < 6; i++)
		tally.add(found("203.0.113.9", i < 4 ? SLUICE_ADMITTED : SLUICE_SOURCE_PACKETS), static_cast<std::uint64_t>(i) * kSecond);
	tally.add(found("203.0.113.8", SLUICE_SERVICE_PACKETS), 7 * kSecond);
	for (int i = 0; i < 9; i++)
		tally.add(found("192.0.2.1", SLUICE_LISTED_DENY, 0), 8 * kSecond);
	tally.add(found("0.0.0.0", SLUICE_IP_HEADER, 0), 9 * kSecond);
	tally.skip();
	const auto json = tally.to_json({"f.pcap", "p.yaml", {"-", "fragments", "api"}, {}, 9 * kSecond, 10});
	EXPECT_EQ(json["packets"], 17);
	EXPECT_EQ(json["passed"], 4);
	EXPECT_EQ(json["dropped"], 13);
	EXPECT_EQ(json["skipped"], 1);
	EXPECT_EQ(json["sources"], 3) << "malformed packets have none";
	EXPECT_EQ(json["top_sources"][0]["source"], "192.0.2.1");
	EXPECT_EQ(json["by_service"][1]["service"], "api");
	EXPECT_EQ(json["by_service"][1]["dropped"], 3);
	const auto& hit = json["hit"];
	EXPECT_EQ(hit["allowed_packets"], 7) << "who is denied is not among them";
	EXPECT_EQ(hit["limited_packets"], 3);
	EXPECT_EQ(hit["limited_sources"], 2);
	ASSERT_EQ(hit["sources"].size(), 2u);
	EXPECT_EQ(hit["sources"][0]["source"], "203.0.113.9");
	EXPECT_EQ(hit["sources"][0]["limited"], 2);
	EXPECT_EQ(hit["sources"][0]["first_drop_ns"], 4 * kSecond);
	EXPECT_EQ(hit["sources"][0]["worst"], "source-packets");
	const std::string text = tally.to_text({"f.pcap", "p.yaml", {"-", "fragments", "api"}, {"a note\x1b"}, 9 * kSecond, 1}, text::Style{});
	EXPECT_NE(text.find("limits would have dropped 3 of 7 (42.9 %), from 2 sources"), std::string::npos) << text;
	EXPECT_NE(text.find("note: a note?"), std::string::npos) << text;
	EXPECT_EQ(text.find("203.0.113.8"), std::string::npos) << "no more than were asked for\n" << text;
}

TEST(CliReplay, SaysWhatIsWrongBeforeAnythingIsLoaded)
{
	test::Directory directory;
	directory.write("bad.yaml", "version: 1\nmode: wrong\n");
	const auto replay = [](std::vector<std::string> arguments) {
		std::string out, err;
		text::Output to(out, {}), errors(err, {});
		arguments.insert(arguments.begin(), {"--socket", "/nonexistent/sluice.sock", "replay"});
		const ExitCode code = run(arguments, to, errors);
		EXPECT_EQ(out, "");
		EXPECT_NE(err, "");
		return code;
	};
	EXPECT_EQ(replay({}), ExitCode::kWrong);
	EXPECT_EQ(replay({"x.pcap", "--policy", directory.at("bad.yaml")}), ExitCode::kWrong);
	EXPECT_EQ(replay({"x.pcap", "--policy", directory.at("absent.yaml")}), ExitCode::kWrong);
	EXPECT_EQ(replay({"x.pcap"}), ExitCode::kUnreachable) << "which policy runs, only the daemon knows";
}

}  // namespace
}  // namespace sluice::cli
