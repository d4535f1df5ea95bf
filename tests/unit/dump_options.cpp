// The arguments of sluice-dump.
#include <gtest/gtest.h>

#include "cli/verb.h"
#include "control/messages.h"
#include "dump/options.h"
#include "kernel/kernel_datapath.h"

namespace sluice::dump {
namespace {

Options options_of(const std::vector<std::string>& arguments)
{
	auto parsed = parse_options(arguments);
	EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().sentence());
	return parsed && std::holds_alternative<Options>(*parsed) ? std::get<Options>(*parsed) : Options{};
}

std::string refusal(const std::vector<std::string>& arguments)
{
	const auto parsed = parse_options(arguments);
	return parsed ? "" : parsed.error().sentence();
}

TEST(DumpOptions, WithoutATableTheUsualOnes)
{
	const auto options = options_of({});
	EXPECT_EQ(options.pins, kernel::kDefaultPins);
	EXPECT_EQ(options.format, Format::kText);
	EXPECT_TRUE(options.wanted.counters && options.wanted.bans && options.wanted.leases && options.wanted.limits && options.wanted.overlay);
	EXPECT_FALSE(options.wanted.sources);
}

TEST(DumpOptions, OneTable)
{
	const auto options = options_of({"--json", "sources", "--pins", "/x"});
	EXPECT_EQ(options.pins, "/x");
	EXPECT_EQ(options.format, Format::kJson);
	EXPECT_TRUE(options.wanted.sources && options.wanted.overlay);
	EXPECT_FALSE(options.wanted.counters || options.wanted.bans || options.wanted.leases || options.wanted.limits);
}

TEST(DumpOptions, TheOverlayAlone)
{
	const auto options = options_of({"overlay"});
	EXPECT_TRUE(options.wanted.overlay);
	EXPECT_FALSE(options.wanted.sources || options.wanted.bans);
}

TEST(DumpOptions, OneSourceConcernsBansLimitsAndSources)
{
	const auto options = options_of({"--source", "192.0.2.7"});
	EXPECT_EQ(options.wanted.source->to_string(), "192.0.2.7");
	EXPECT_TRUE(options.wanted.bans && options.wanted.limits && options.wanted.sources);
	EXPECT_FALSE(options.wanted.counters);
}

TEST(DumpOptions, MistakesAreOneLine)
{
	EXPECT_NE(refusal({"flows"}).find("there is no table \"flows\""), std::string::npos);
	EXPECT_NE(refusal({"counters", "bans"}).find("\"bans\" is not understood here"), std::string::npos);
	EXPECT_NE(refusal({"--json", "--prometheus"}), "");
	EXPECT_NE(refusal({"--source", "nobody"}), "");
	EXPECT_NE(refusal({"counters", "--source", "192.0.2.7"}), "");
	EXPECT_EQ(refusal({"--frob"}).find('\n'), std::string::npos);
}

TEST(DumpOptions, HelpAndVersion)
{
	const auto help = parse_options({"--help"});
	ASSERT_TRUE(help && std::holds_alternative<Answer>(*help));
	EXPECT_NE(std::get<Answer>(*help).text.find("Exit codes:"), std::string::npos);
	const auto version = parse_options({"--version"});
	ASSERT_TRUE(version && std::holds_alternative<Answer>(*version));
	EXPECT_EQ(std::get<Answer>(*version).text, std::string("sluice-dump ") + SLUICE_VERSION + "\n");
}

TEST(DumpOptions, TheCommandsDefaultsAreTheSame)
{
	const cli::Globals globals;
	EXPECT_EQ(globals.pins, kernel::kDefaultPins);
	EXPECT_EQ(globals.socket, control::kDefaultSocket);
}

}  // namespace
}  // namespace sluice::dump
