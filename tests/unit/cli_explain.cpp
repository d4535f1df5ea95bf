// `explain`: its arguments, and its answer as people see it.
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/explanation.h"

namespace sluice::cli {
namespace {

constexpr text::Style kPlain{};

struct Ended {
	ExitCode code;
	std::string out;
	std::string err;
};

Ended explain(std::vector<std::string> arguments)
{
	Ended ended{};
	text::Output out(ended.out, kPlain), err(ended.err, kPlain);
	arguments.insert(arguments.begin(), {"--socket", "/nonexistent/sluice.sock", "explain"});
	ended.code = run(arguments, out, err);
	return ended;
}

net::DescribedPacket packet()
{
	net::DescribedPacket packet;
	packet.source = *net::Endpoint::parse("192.0.2.7:50000");
	packet.destination = *net::Endpoint::parse("203.0.113.10:443");
	packet.syn = true;
	return packet;
}

control::Explained admitted()
{
	control::Explained explained;
	explained.verdict = "pass";
	explained.reason = "admitted";
	explained.sentence = "The service admits the source.";
	explained.service = "api";
	explained.rule_kind = "-";
	explained.source = {"192.0.2.7", "no", {}, {}, {}, 0, {}};
	explained.length = 54;
	return explained;
}

TEST(CliExplain, WrongDescriptionsAreRefusedBeforeTheDaemonIsAsked)
{
	const std::vector<std::vector<std::string>> wrong = {
	    {"--src", "192.0.2.7"},
	    {"--dst", "203.0.113.10:443"},
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10"},
	    {"--src", "192.0.2.7", "--dst", "[2001:db8::1]:443"},
	    {"--src", "192.0.2.300", "--dst", "203.0.113.10:443"},
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10:70000"},
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10:443", "--protocol", "carrier-pigeon"},
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10", "--protocol", "icmp", "--syn"},
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10:443", "--length", "20"},
	};
	for (const auto& arguments : wrong) {
		const Ended ended = explain(arguments);
		EXPECT_EQ(ended.code, ExitCode::kWrong) << testing::PrintToString(arguments);
		EXPECT_EQ(ended.err.rfind("sluice: ", 0), 0u) << ended.err;
		EXPECT_EQ(ended.out, "");
	}
	const std::vector<std::vector<std::string>> right = {
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10:443"},
	    {"--src", "[2001:db8::7]:1", "--dst", "[2001:db8::1]:53", "--protocol", "udp", "--length", "1514"},
	    {"--src", "192.0.2.7", "--dst", "203.0.113.10", "--protocol", "47"},
	};
	for (const auto& arguments : right)
		EXPECT_EQ(explain(arguments).code, ExitCode::kUnreachable) << testing::PrintToString(arguments);
}

TEST(CliExplain, APacketThatPasses)
{
	EXPECT_EQ(render(packet(), admitted(), kPlain), "pass  admitted: The service admits the source.\n"
	                                                "\n"
	                                                "packet    tcp 192.0.2.7:50000 > 203.0.113.10:443, SYN, 54 bytes\n"
	                                                "service   api\n"
	                                                "rule      none of its own\n"
	                                                "source    192.0.2.7, on no list\n"
	                                                "identity  none\n"
	                                                "ban       none\n"
	                                                "limits    none has a say\n");
}

TEST(CliExplain, WhosePacketItIs)
{
	control::Explained explained = admitted();
	explained.identity = control::IdentitySay{"spiffe://prod.example/billing", "in-force", "flow", {"reader", "writer"}};
	EXPECT_NE(render(packet(), explained, kPlain).find("identity  spiffe://prod.example/billing, by its lease of flow, roles reader writer\n"), std::string::npos);
	explained.identity = control::IdentitySay{"spiffe://prod.example/billing", "revoked", "192.0.2.7", {}};
	EXPECT_NE(render(packet(), explained, kPlain).find("billing, by its lease of 192.0.2.7, which is revoked: the packet is nobody's\n"), std::string::npos);
	const auto back = control::parse_explained(control::to_json(explained));
	ASSERT_TRUE(back) << back.error().sentence();
	ASSERT_TRUE(back->identity);
	EXPECT_EQ("revoked", back->identity->lease);
	EXPECT_EQ("192.0.2.7", back->identity->binding);
}

TEST(CliExplain, WhatTheOverlaySaysAndWhoSaidIt)
{
	control::Explained explained = admitted();
	EXPECT_EQ(render(packet(), explained, kPlain).find("overlay"), std::string::npos) << "nobody said anything";
	explained.source.listed = "allowed";
	explained.source.list = "overlay";
	explained.source.prefix = "192.0.2.0/24";
	explained.overlay = control::OverlayRow{*net::Prefix::parse("192.0.2.0/24"), true, 0, {}, 60'000'000'000, "a customer", 1000, "alice"};
	std::string text = render(packet(), explained, kPlain);
	EXPECT_NE(text.find("source    192.0.2.7, allowed by overlay: 192.0.2.0/24\n"), std::string::npos) << text;
	EXPECT_NE(text.find("overlay   allow 192.0.2.0/24, 1m left, by alice: a customer\n"), std::string::npos) << text;
	explained.source = {"192.0.2.7", "denied", "scanners", {}, {}, 0, {}, {}};
	explained.overlay->remaining_ns.reset();
	explained.overlay->user.clear();
	text = render(packet(), explained, kPlain);
	EXPECT_NE(text.find("overlay   allow 192.0.2.0/24, by 1000: a customer; a longer prefix of a list decides here\n"), std::string::npos) << text;
}

TEST(CliExplain, WhereItIsWrittenAndWhatIsInTheWay)
{
	control::Explained explained = admitted();
	explained.verdict = "drop";
	explained.rule = "scanners";
	explained.rule_kind = "list";
	explained.rule_place = policy::Place{"/etc/sluice/s\x1b.netset", 12, 0};
	explained.source = {"192.0.2.7", "denied", "scanners", "192.0.2.0/24", "/etc/sluice/s.netset", 12, {}};
	explained.ban = control::BanRow{*net::Prefix::parse("192.0.2.7"), 0, {}, {}, "scans"};
	explained.observed = true;
	explained.limits = {{"api/each-source", "packets", "token-bucket", "2k/s", 2000, 2000, 1, true, 500'000'000},
	                    {"api/all-sources", "bits", "fixed-window", "1G/s", 8000, 0, 12112, true, {}}};
	explained.limit = 0;
	explained.recovers_in_ns = 500'000'000;
	const std::string text = render(packet(), explained, kPlain);
	for (const char* line : {"rule      scanners (list) at /etc/sluice/s?.netset:12\n",
	                         "source    192.0.2.7, denied by scanners: 192.0.2.0/24 at /etc/sluice/s.netset:12\n",
	                         "ban       192.0.2.7 until lifted: scans; it does not decide here\n", "mode      observe",
	                         "passes in 500ms\n", "refuses for 500ms\n", "never fits\n"})
		EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

}  // namespace
}  // namespace sluice::cli
