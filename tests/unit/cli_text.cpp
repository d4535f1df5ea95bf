// Text for people: numbers, durations, tables, colour, output that nobody reads any more.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "base/duration.h"
#include "text/number.h"
#include "text/output.h"
#include "text/table.h"

namespace sluice::text {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr Style kPlain{};
constexpr Style kTerminal{.colour = true, .terminal = true};

TEST(TextNumber, GroupsDigitsByThree)
{
	EXPECT_EQ(grouped(0), "0");
	EXPECT_EQ(grouped(999), "999");
	EXPECT_EQ(grouped(1000), "1 000");
	EXPECT_EQ(grouped(1234567), "1 234 567");
	EXPECT_EQ(grouped(~0ull), "18 446 744 073 709 551 615");
}

TEST(TextNumber, ScalesToThreeDigits)
{
	EXPECT_EQ(scaled(0), "0");
	EXPECT_EQ(scaled(0.5), "0.50");
	EXPECT_EQ(scaled(999), "999");
	EXPECT_EQ(scaled(999.9), "1.00k");
	EXPECT_EQ(scaled(1234), "1.23k");
	EXPECT_EQ(scaled(45'600'000), "45.6M");
	EXPECT_EQ(scaled(999'499), "999k");
	EXPECT_EQ(scaled(1e18), "1000P");
	EXPECT_EQ(bit_rate(562), "562 bit/s");
	EXPECT_EQ(bit_rate(98'700'000), "98.7 Mbit/s");
}

TEST(TextNumber, BytesByPowersOf1024)
{
	EXPECT_EQ(bytes(0), "0 B");
	EXPECT_EQ(bytes(1023), "1023 B");
	EXPECT_EQ(bytes(1536), "1.5 KiB");
	EXPECT_EQ(bytes(64ull << 20), "64.0 MiB");
	EXPECT_EQ(bytes((1ull << 20) - 1), "1.0 MiB");
	EXPECT_EQ(bytes(~0ull), "16.0 EiB");
}

TEST(TextNumber, DurationsShowTheTwoLargestUnits)
{
	EXPECT_EQ(duration(7), "7ns");
	EXPECT_EQ(duration(12'000), "12us");
	EXPECT_EQ(duration(350'000'000), "350ms");
	EXPECT_EQ(duration(12 * kSecond), "12s");
	EXPECT_EQ(duration(320 * kSecond), "5m 20s");
	EXPECT_EQ(duration(3600 * kSecond), "1h");
	EXPECT_EQ(duration((86400 + 3 * 3600 + 59) * kSecond), "1d 3h");
	EXPECT_EQ(duration((86400 + 59) * kSecond), "1d");
}

TEST(TextDuration, EveryUnitAndTheirSum)
{
	EXPECT_EQ(*parse_duration("10s"), 10 * kSecond);
	EXPECT_EQ(*parse_duration("5m"), 300 * kSecond);
	EXPECT_EQ(*parse_duration("2h"), 7200 * kSecond);
	EXPECT_EQ(*parse_duration("1d"), 86400 * kSecond);
	EXPECT_EQ(*parse_duration("1h30m"), 5400 * kSecond);
	EXPECT_EQ(*parse_duration("1d2h3m4s"), (86400 + 7200 + 180 + 4) * kSecond);
}

TEST(TextDuration, RefusesWhatIsNone)
{
	for (const char* text : {"", "10", "s", "m10", "1.5h", "-1s", "10 s", "30m1h", "1h1h", "0s", "10x", "99999999999999999999s",
	                         "40000d", "18446744073709551615d", "1m1d"}) {
		const auto result = parse_duration(text);
		ASSERT_FALSE(result) << text;
		EXPECT_EQ(result.error().code(), ErrorCode::kInvalid) << text;
		EXPECT_FALSE(result.error().advice().empty()) << text;
	}
}

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell)
{
	Table table({{"REASON"}, {"PACKETS", Align::kRight}, {"WHY"}});
	table.add({"admitted", "1234567890", "x"});
	table.add({"a", "5", ""});
	EXPECT_EQ(table.to_string(kPlain),
	          "REASON       PACKETS  WHY\n"
	          "admitted  1234567890  x\n"
	          "a                  5\n");
}

TEST(TextTable, ColourDoesNotMoveColumns)
{
	Table table({{"A"}, {"B"}});
	table.add({{"drop", Colour::kRed}, "1"});
	table.add({"x", "2"});
	EXPECT_EQ(table.to_string(kTerminal),
	          "\x1b[1mA\x1b[0m     \x1b[1mB\x1b[0m\n"
	          "\x1b[31mdrop\x1b[0m  1\n"
	          "x     2\n");
	EXPECT_EQ(table.to_string(kPlain), "A     B\ndrop  1\nx     2\n");
}

TEST(TextTable, WidthCountsCodePointsNotBytes)
{
	EXPECT_EQ(width("grün"), 4u);
	Table table({{"NAME"}, {"N"}});
	table.add({"grün", "1"});
	table.add({"gruen", "2"});
	EXPECT_EQ(table.to_string(kPlain), "NAME   N\ngrün   1\ngruen  2\n");
}

TEST(TextTable, OutsideTextCannotPlayWithTheScreen)
{
	EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
	EXPECT_EQ(printable("a\xc2\x9b" "2J"), "a??2J");
	EXPECT_EQ(printable("grün"), "grün");
}

TEST(TextStyle, PipesGetPlainNumbersAndNoColour)
{
	EXPECT_EQ(kPlain.count(1234567), "1234567");
	EXPECT_EQ(kTerminal.count(1234567), "1 234 567");
	EXPECT_EQ(kPlain.paint(Colour::kRed, "x"), "x");

	int ends[2];
	ASSERT_EQ(pipe(ends), 0);
	const auto style = Style::of(ends[1]);
	EXPECT_FALSE(style.colour);
	EXPECT_FALSE(style.terminal);
	close(ends[0]);
	close(ends[1]);
}

TEST(TextStyle, NoColorIsRespectedOnTerminals)
{
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal < 0 || isatty(terminal) == 0)
		GTEST_SKIP() << "no pseudo-terminal can be made here";
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	EXPECT_TRUE(Style::of(terminal).colour);
	setenv("NO_COLOR", "1", 1);
	EXPECT_FALSE(Style::of(terminal).colour);
	EXPECT_TRUE(Style::of(terminal).terminal);
	unsetenv("NO_COLOR");
	close(terminal);
}

TEST(TextOutput, AReaderThatWentAwayIsNoFailure)
{
	std::signal(SIGPIPE, SIG_IGN);
	int ends[2];
	ASSERT_EQ(pipe(ends), 0);
	close(ends[0]);
	Output out(ends[1], kPlain);
	out.write("x");
	EXPECT_TRUE(out.closed());
	EXPECT_FALSE(out.failure());
	close(ends[1]);
}

TEST(TextOutput, AFullDiskIsOne)
{
	const int full = open("/dev/full", O_WRONLY);
	if (full < 0)
		GTEST_SKIP() << "there is no /dev/full here";
	Output out(full, kPlain);
	out.write("x");
	EXPECT_TRUE(out.closed());
	ASSERT_TRUE(out.failure());
	EXPECT_EQ(out.failure()->message(), "No space left on device");
	close(full);
}

}  // namespace
}  // namespace sluice::text
