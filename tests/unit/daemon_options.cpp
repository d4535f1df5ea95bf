// The daemon's command line.
#include <gtest/gtest.h>

#include "base/notifier.h"
#include "daemon/options.h"

namespace sluice::daemon {
namespace {

Result<Options> options_of(std::vector<std::string> arguments)
{
	auto parsed = parse_options(std::move(arguments));
	if (!parsed)
		return parsed.error();
	if (!std::holds_alternative<Options>(*parsed))
		return Error(ErrorCode::kFailed, std::get<std::string>(*parsed));
	return std::get<Options>(*parsed);
}

TEST(DaemonOptions, DefaultsAreThoseOfTheContract)
{
	const auto options = options_of({"--policy", "/etc/sluice/policy.yaml"});
	ASSERT_TRUE(options) << options.error().sentence();
	EXPECT_EQ(options->policy, "/etc/sluice/policy.yaml");
	EXPECT_EQ(options->socket, "/run/sluice/control.sock");
	EXPECT_EQ(options->pins, "/sys/fs/bpf/sluice");
	EXPECT_EQ(options->limiter_bytes, 32u << 20);
	EXPECT_EQ(options->bans, 65536u);
	EXPECT_FALSE(options->mode);
	EXPECT_FALSE(options->detach_on_exit);
}

TEST(DaemonOptions, EverythingCanBeSaid)
{
	const auto options = options_of({"--policy=p.yaml", "--interface", "eth1", "--interface", "eth0", "--interface", "eth1", "--mode", "generic",
	                                 "--limiter-memory", "64M", "--bans", "100", "--detach-on-exit", "--log-level", "debug", "--socket-group", "ops"});
	ASSERT_TRUE(options) << options.error().sentence();
	EXPECT_TRUE(options->policy.starts_with('/'));
	EXPECT_EQ(options->interfaces, (std::vector<std::string>{"eth0", "eth1"}));
	EXPECT_EQ(*options->mode, datapath::AttachMode::kGeneric);
	EXPECT_EQ(options->limiter_bytes, 64u << 20);
	EXPECT_TRUE(options->detach_on_exit);
	EXPECT_EQ(options->socket_group, "ops");
}

TEST(DaemonOptions, WhatIsWrongIsInvalid)
{
	const std::vector<std::vector<std::string>> cases{
	    {}, {"--policy"}, {"--policy", "p", "--mode", "fast"}, {"--policy", "p", "--limiter-memory", "1"},
	    {"--policy", "p", "--limiter-memory", "32MB"}, {"--policy", "p", "--bans", "0"}, {"--policy", "p", "--log-level", "loud"},
	    {"--policy", "p", "eth0"}, {"--policy", "p", "--frobnicate"}};
	for (const auto& arguments : cases) {
		const auto options = parse_options(arguments);
		ASSERT_FALSE(options) << (arguments.empty() ? "" : arguments.back());
		EXPECT_EQ(options.error().code(), ErrorCode::kInvalid);
		EXPECT_EQ(options.error().sentence().find('\n'), std::string::npos);
	}
}

TEST(DaemonOptions, HelpAndVersionAreTexts)
{
	EXPECT_TRUE(std::get<std::string>(*parse_options({"--version"})).starts_with("sluiced "));
	EXPECT_NE(std::get<std::string>(*parse_options({"--help"})).find("--detach-on-exit"), std::string::npos);
}

TEST(DaemonOptions, SizesArePowersOf1024)
{
	EXPECT_EQ(*parse_size("512"), 512u);
	EXPECT_EQ(*parse_size("2K"), 2048u);
	EXPECT_EQ(*parse_size("1G"), 1u << 30);
	for (const char* text : {"", "K", "-1", "1T", "1 K", "99999999999999999999"})
		EXPECT_FALSE(parse_size(text)) << text;
}

TEST(DaemonNotifier, WithoutAManagerNothingIsAsked)
{
	EXPECT_FALSE(Notifier().alive_every());
	EXPECT_FALSE(Notifier("/run/n", std::chrono::microseconds(0)).alive_every());
	EXPECT_EQ(*Notifier("/run/n", std::chrono::seconds(30)).alive_every(), std::chrono::seconds(10));
}

}  // namespace
}  // namespace sluice::daemon
