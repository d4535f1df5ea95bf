// Revocation files: entries, comments, and lines that are wrong.
#include <gtest/gtest.h>

#include "policy/revocation_list.h"

namespace sluice::policy {
namespace {

RevocationList list_of(const std::string& text) { return parse_revocations(text, "revoked.list"); }

TEST(PolicyRevocationList, EntriesWithTheirReasonAndPlace)
{
	const auto list = list_of("\xef\xbb\xbf# who left\n\n  spiffe://prod.example/billing   # lost laptop \r\npartner-a\n"
				  "https://as.example#alice\t# left\nspiffe://prod.example/billing # again\n");
	EXPECT_TRUE(list.diagnostics.empty());
	ASSERT_EQ(list.entries.size(), 3u);
	EXPECT_EQ(list.entries[0].subject, "spiffe://prod.example/billing");
	EXPECT_EQ(list.entries[0].why, "lost laptop");
	EXPECT_EQ(list.entries[0].line, 3u);
	EXPECT_EQ(list.entries[1].subject, "partner-a");
	EXPECT_EQ(list.entries[1].why, "");
	EXPECT_EQ(list.entries[2].subject, "https://as.example#alice") << "a '#' within a name is the name's";
	EXPECT_EQ(list.entries[2].why, "left");
	EXPECT_TRUE(list_of("").diagnostics.empty());
	EXPECT_TRUE(list_of("").entries.empty());
}

TEST(PolicyRevocationList, EveryLineThatIsWrongIsSaidWithItsPlace)
{
	const auto list = list_of("good\n  spiffe://prod.example/*\n" + std::string(40, 'a') + "\n");
	ASSERT_EQ(list.diagnostics.size(), 2u);
	EXPECT_EQ(list.diagnostics[0].place, (Place{"revoked.list", 2, 3}));
	EXPECT_EQ(list.diagnostics[1].place, (Place{"revoked.list", 3, 1}));

	std::string many;
	for (std::size_t i = 0; i < kMostRevocationErrors + 5; i++)
		many += "spiffe://\n";
	const auto wrong = list_of(many);
	ASSERT_EQ(wrong.diagnostics.size(), kMostRevocationErrors + 1);
	EXPECT_EQ(wrong.diagnostics.back().message, "5 more lines are wrong");
}

TEST(PolicyRevocationList, AFileThatIsStillBeingWrittenIsWrong)
{
	const auto list = list_of("partner-a\npartner-bill");
	ASSERT_EQ(list.diagnostics.size(), 1u);
	EXPECT_EQ(list.diagnostics[0].place.line, 2u);
	EXPECT_TRUE(list_of("partner-a\npartner-bill\n").diagnostics.empty()) << "near miss: it ends";
}

TEST(PolicyRevocationList, AReasonIsShortAndHasNoControlCharacters)
{
	const auto list = list_of("a # b\x1b[31m\nb # " + std::string(kMostWhy - 1, 'x') + "\xc3\xa9\n");
	ASSERT_EQ(list.entries.size(), 2u);
	EXPECT_EQ(list.entries[0].why, "b [31m");
	EXPECT_EQ(list.entries[1].why, std::string(kMostWhy - 1, 'x')) << "no half of a character";
}

TEST(PolicyRevocationList, TooManyAreRefused)
{
	std::string many;
	for (std::size_t i = 0; i <= kMostRevocations; i++)
		many += "a" + std::to_string(i) + "\n";
	ASSERT_EQ(list_of(many).diagnostics.size(), 1u);
	many.erase(many.rfind('a'));
	EXPECT_TRUE(list_of(many).diagnostics.empty()) << "near miss: as many as it may have";
}

}  // namespace
}  // namespace sluice::policy
