// The watcher: what happens to files, to their directories, and to what leads there.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "daemon/watcher.h"
#include "unit/control_fixture.h"

namespace sluice::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kQuiet = 5ms;

class DaemonWatcher : public testing::Test {
protected:
	void SetUp() override
	{
		write("lists/feed.netset", "198.51.100.0/24\n");
		auto watcher = Watcher::open(loop_, kQuiet, [this] { told_++; });
		ASSERT_TRUE(watcher);
		watcher_.emplace(std::move(*watcher));
		watch();
	}

	void watch() { EXPECT_TRUE(watcher_->watch({file()}, ~0ull).empty()); }
	std::string file() const { return directory_.at("lists/feed.netset"); }
	// With the directories that lead there.
	void write(const std::string& name, const std::string& text) const
	{
		std::filesystem::create_directories(std::filesystem::path(directory_.at(name)).parent_path());
		directory_.write(name, text);
	}
	std::string lists() const { return directory_.at("lists"); }

	// Whether anything is told, once it is quiet.
	bool is_told()
	{
		const int before = told_;
		for (const auto end = std::chrono::steady_clock::now() + 5s; told_ == before && std::chrono::steady_clock::now() < end;) {
			loop_.restart();
			if (loop_.run_one_for(50 * kQuiet) == 0)
				break;
		}
		return told_ != before;
	}

	test::Directory directory_;
	boost::asio::io_context loop_;
	std::optional<Watcher> watcher_;
	int told_ = 0;
};

TEST_F(DaemonWatcher, AFileThatIsWrittenOrReplacedIsToldAndItsNeighbourIsNot)
{
	write("lists/feed.netset", "198.51.100.0/25\n");
	EXPECT_TRUE(is_told());
	write("lists/aside", "x\n");
	EXPECT_FALSE(is_told()) << "near miss: another file";
	std::filesystem::rename(directory_.at("lists/aside"), file());
	EXPECT_TRUE(is_told());
}

TEST_F(DaemonWatcher, AnotherDirectoryOfTheSameNameIsFollowed)
{
	write("lists.new/feed.netset", "203.0.113.0/24\n");
	std::filesystem::rename(lists(), directory_.at("lists.old"));
	std::filesystem::rename(directory_.at("lists.new"), lists());
	EXPECT_TRUE(is_told());
	watch();
	write("lists/feed.netset", "203.0.113.0/25\n");
	EXPECT_TRUE(is_told()) << "the new directory is watched";
}

TEST_F(DaemonWatcher, ADirectoryThatIsRemovedAndMadeAgainIsFollowed)
{
	std::filesystem::remove_all(lists());
	EXPECT_TRUE(is_told());
	watch();
	EXPECT_FALSE(is_told());
	write("lists/feed.netset", "203.0.113.0/24\n");
	EXPECT_TRUE(is_told()) << "it is there again";
	watch();
	write("lists/feed.netset", "203.0.113.0/25\n");
	EXPECT_TRUE(is_told());
}

}  // namespace
}  // namespace sluice::daemon
