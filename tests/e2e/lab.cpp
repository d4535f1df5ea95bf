// The lab itself: what every other story stands on.
#include <fcntl.h>
#include <signal.h>

#include <sstream>

#include "story.h"

namespace sluice::e2e {

namespace {

using Lab = Story;

// A number of /proc/net/snmp6, which has one a line.
std::uint64_t snmp6(const std::string& text, const std::string& name)
{
	std::istringstream lines(text);
	std::string key;
	std::uint64_t value = 0;
	while (lines >> key >> value) {
		if (key == name)
			return value;
	}
	return 0;
}

// A number of /proc/net/snmp: a line of names, then a line of values.
std::uint64_t snmp(const std::string& text, const std::string& group, const std::string& name)
{
	std::istringstream lines(text);
	std::string names, values;
	while (std::getline(lines, names) && std::getline(lines, values)) {
		if (!names.starts_with(group + ":"))
			continue;
		std::istringstream keys(names), numbers(values);
		std::string key, number;
		while (keys >> key && numbers >> number) {
			if (key == name)
				return std::stoull(number);
		}
	}
	return 0;
}

}  // namespace

TEST_F(Lab, EveryFrameOfAFloodArrivesWithRightChecksums)
{
	must(wire().gate().inside([] { return lab::receive_in_batches(lab::kInterface); }));
	send(frame_from("198.51.100.7"), 1000);
	send(frame_from("2001:db8:7::1"), 1000);
	const auto read = [&](const char* path) { return must(lab::run_checked(wire().gate().command({"cat", path}))); };
	EXPECT_TRUE(until([&] { return snmp(read("/proc/net/snmp"), "Udp", "NoPorts") == 1000; }))
	    << read("/proc/net/snmp");
	EXPECT_TRUE(until([&] { return snmp6(read("/proc/net/snmp6"), "Udp6NoPorts") == 1000; }))
	    << read("/proc/net/snmp6");
	EXPECT_EQ(snmp(read("/proc/net/snmp"), "Udp", "InCsumErrors"), 0u);
}

TEST_F(Lab, AProcessEndsWithItsOwner)
{
	pid_t pid = 0;
	{
		lab::Process process = must(lab::Process::start(wire().gate().command({"sleep", "60"})));
		pid = process.pid();
		EXPECT_EQ(::kill(pid, 0), 0);
	}
	EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(Lab, ACommandThatFailsSaysWhatItWrote)
{
	const auto result = lab::run_checked({{"sh", "-c", "echo out; echo err >&2; exit 3"}, {}, {}});
	ASSERT_FALSE(result);
	EXPECT_NE(result.error().message().find("exit code 3: err\nout"), std::string::npos) << result.error().message();
}

TEST_F(Lab, NamespacesOfTheDeadAreRemoved)
{
	lab::Process dead = must(lab::Process::start({{"true"}, {}, {}}));
	ASSERT_TRUE(dead.wait(kPatience));
	const std::string name = "sluice-lab-" + std::to_string(dead.pid()) + "-gate";
	must(lab::run_checked({{"ip", "netns", "add", name}, {}, {}}));
	EXPECT_EQ(lab::remove_leftovers(), 1u);
	EXPECT_NE(::access(("/run/netns/" + name).c_str(), F_OK), 0);
	EXPECT_EQ(::access(wire().gate().path().c_str(), F_OK), 0);
}

}  // namespace sluice::e2e
