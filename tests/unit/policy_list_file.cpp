#include <gtest/gtest.h>

#include "policy/list_file.h"

namespace sluice::policy {
namespace {

TEST(PolicyListFile, TakesWhatFeedsPublish)
{
	const auto list = parse_list("\xef\xbb\xbf# a comment\r\n"
	                             "; another\r\n"
	                             "\r\n"
	                             "192.0.2.0/24\r\n"
	                             "\t198.51.100.7  # why\n"
	                             "2001:db8::/32;SBL1\n"
	                             "192.0.2.0/24\n"
	                             "203.0.113.9",
	                             "x", 3);
	EXPECT_TRUE(list.diagnostics.empty());
	ASSERT_EQ(list.prefixes.size(), 5u);
	EXPECT_EQ(list.prefixes[0].line, 4u);
	EXPECT_EQ(list.prefixes[1].prefix.to_string(), "198.51.100.7");
	EXPECT_EQ(list.prefixes[4].line, 8u);
	EXPECT_EQ(list.prefixes[4].file, 3u);
}

TEST(PolicyListFile, WrongLinesHaveTheirPlace)
{
	const auto list = parse_list("192.0.2.1\n  192.0.2.1/24\nhello world\n", "list.txt", 1);
	ASSERT_EQ(list.diagnostics.size(), 2u);
	EXPECT_EQ(list.diagnostics[0].to_string(),
	          "list.txt:2:3: error: '192.0.2.1/24' has host bits set (write 192.0.2.0/24 for the network, 192.0.2.1 for the host)");
	EXPECT_EQ(list.diagnostics[1].to_string(), "list.txt:3:1: error: 'hello world' is not an address or a prefix");
	EXPECT_EQ(list.prefixes.size(), 1u);
}

TEST(PolicyListFile, AFileOfSomethingElseIsNotAFlood)
{
	std::string text;
	for (int i = 0; i < 1000; i++)
		text += "<html>\n";
	const auto list = parse_list(text, "list.txt", 1);
	ASSERT_EQ(list.diagnostics.size(), kMostListErrors + 1);
	EXPECT_EQ(list.diagnostics.back().to_string(), "list.txt: error: 980 more lines are wrong");
	EXPECT_EQ(parse_list(std::string(1000, '\0'), "x", 1).diagnostics.size(), 1u);
}

TEST(PolicyListFile, AHundredThousandEntries)
{
	std::string text;
	for (unsigned i = 0; i < 100'000; i++)
		text += "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) + "\n";
	const auto list = parse_list(text, "x", 1);
	EXPECT_EQ(list.prefixes.size(), 100'000u);
	EXPECT_TRUE(list.diagnostics.empty());
}

}  // namespace
}  // namespace sluice::policy
