// From nothing to the first packet judged.
#include <sys/stat.h>

#include "story.h"

namespace sluice::e2e {

namespace {

using Start = Story;

constexpr const char* kPolicy = R"(version: 1
sources:
  - {name: scanners, action: deny, prefixes: [203.0.113.66, "2001:db8:bad::/48"]}
)";

}  // namespace

TEST_F(Start, TheFirstPacketIsJudged)
{
	start(kPolicy);
	send(frame_from("203.0.113.66"), 1000);
	send(frame_from("203.0.113.67"), 1000);
	send(frame_from("2001:db8:bad:1::1"), 500);
	EXPECT_EQ(counted("listed-deny"), 1500u);
	EXPECT_GE(counted("default-allow"), 1000u);
}

TEST_F(Start, StatusSaysWhatTheKernelDoes)
{
	start(kPolicy);
	const nlohmann::json status = must(daemon().ask({"status"}));
	EXPECT_EQ(status.at("mode"), "enforce");
	EXPECT_EQ(status.at("default"), "allow");
	EXPECT_EQ(status.at("generation"), 1);
	EXPECT_EQ(status.at("health"), "ok") << status.dump();
	ASSERT_EQ(status.at("interfaces").size(), 1u);
	EXPECT_EQ(status.at("interfaces").at(0).at("name"), "eth0");
	EXPECT_EQ(status.at("interfaces").at(0).at("mode"), "native");
	EXPECT_EQ(status.at("interfaces").at(0).at("generation"), 1);
}

TEST_F(Start, DefaultMemoryIsWithinBounds)
{
	start(kPolicy);
	const nlohmann::json memory = must(daemon().ask({"status"})).at("memory");
	EXPECT_LE(memory.at("kernel_bytes").get<std::uint64_t>(), 64u << 20);
	EXPECT_LE(memory.at("daemon_bytes").get<std::uint64_t>(), 32u << 20);
}

TEST_F(Start, TheSocketIsRootsOnly)
{
	start(kPolicy);
	struct stat status{};
	ASSERT_EQ(::stat((daemon().directory() + "/control.sock").c_str(), &status), 0);
	EXPECT_EQ(status.st_mode & 0777, 0600u);
	EXPECT_EQ(status.st_uid, 0u);
}

TEST_F(Start, ABrokenPolicyDoesNotStart)
{
	lab::Daemon::Setup setup;
	setup.policy = "version: 1\nservcies: []\n";
	const auto daemon = lab::Daemon::start(wire().gate(), setup);
	ASSERT_FALSE(daemon);
	EXPECT_NE(daemon.error().message().find("policy.yaml:2:1: error:"), std::string::npos) << daemon.error().message();
	EXPECT_FALSE(guarded());
}

TEST_F(Start, ASecondDaemonIsRefused)
{
	start(kPolicy);
	const lab::Finished second = must(lab::run(daemon().command_line(), kPatience));
	EXPECT_NE(second.code, 0);
	EXPECT_FALSE(second.errors.empty());
	EXPECT_EQ(must(daemon().ask({"status"})).at("health"), "ok");
	EXPECT_TRUE(guarded());
}

TEST_F(Start, AttachAndDetachByCommand)
{
	lab::Daemon::Setup setup;
	setup.policy = kPolicy;
	setup.interface = "";
	lab::Daemon bare = must(lab::Daemon::start(wire().gate(), setup));
	EXPECT_FALSE(guarded());
	EXPECT_EQ(must(bare.command({"attach", "eth0"})).code, 0);
	EXPECT_TRUE(guarded());
	EXPECT_EQ(must(bare.command({"detach", "eth0"})).code, 0);
	EXPECT_FALSE(guarded());
	EXPECT_EQ(must(bare.command({"attach", "nosuch0"})).code, 1);
}

}  // namespace sluice::e2e
