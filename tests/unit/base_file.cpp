#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

namespace sluice {
namespace {

class BaseFile : public testing::Test {
protected:
	void SetUp() override
	{
		char name[] = "/tmp/sluice_fileXXXXXX";
		const int fd = ::mkstemp(name);
		ASSERT_GE(fd, 0);
		::close(fd);
		path_ = name;
	}
	void TearDown() override { std::remove(path_.c_str()); }
	void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

	std::string path_;
};

TEST_F(BaseFile, WholeAndEmpty)
{
	EXPECT_EQ("", *read_file(path_));
	const std::string text(10'000, 'x');
	write(text + std::string(1, '\0') + "y");
	EXPECT_EQ(text + std::string(1, '\0') + "y", *read_file(path_));
}

TEST_F(BaseFile, LongerThanAllowed)
{
	write("12345");
	EXPECT_EQ("12345", *read_file(path_, 5));
	const auto text = read_file(path_, 4);
	ASSERT_FALSE(text);
	EXPECT_EQ(ErrorCode::kExhausted, text.error().code());
}

TEST(BaseFileErrors, NameTheFile)
{
	const auto text = read_file("/nonexistent/file");
	ASSERT_FALSE(text);
	EXPECT_EQ(ErrorCode::kNotFound, text.error().code());
	EXPECT_EQ("/nonexistent/file: No such file or directory", text.error().message());
	EXPECT_EQ("/tmp: Is a directory", read_file("/tmp").error().message());
}

TEST(BaseFileProc, HasNoSizeAndIsReadWhole)
{
	EXPECT_NE(std::string::npos, read_file("/proc/self/status")->find("Name:"));
}

TEST(BaseClock, ManualTimeStandsStill)
{
	ManualClock clock(5, 100);
	clock.advance(7);
	EXPECT_EQ(12u, clock.mono_ns());
	EXPECT_EQ(12u, clock.coarse_mono_ns());
	EXPECT_EQ(107u, clock.unix_ns());
	clock.set_unix(1);
	EXPECT_EQ(12u, clock.mono_ns());
}

TEST(BaseClock, CoarseTimeLagsByATickAtMost)
{
	const SystemClock clock;
	const std::uint64_t coarse = clock.coarse_mono_ns(), precise = clock.mono_ns();
	EXPECT_LE(coarse, precise);
	EXPECT_GE(clock.boot_ns(), precise);
}

TEST(BaseLog, LevelsByName)
{
	EXPECT_EQ(LogLevel::kWarning, *parse_log_level("warning"));
	EXPECT_EQ("debug, info, warning or error", parse_log_level("loud").error().advice());
}

}  // namespace
}  // namespace sluice
