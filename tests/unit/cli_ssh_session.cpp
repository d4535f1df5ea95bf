// The SSH session of a command: of its environment, or of a process above it.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/ssh_session.h"
#include "unit/control_fixture.h"

namespace sluice::cli {
namespace {

TEST(CliSshSession, WhatSshdSaysIsRead)
{
	const auto session = parse_ssh_connection("192.0.2.7 50022 203.0.113.10 22");
	ASSERT_TRUE(session);
	EXPECT_EQ(control::peer_text(*session), "192.0.2.7:50022");
	EXPECT_EQ(session->host.to_string(), "203.0.113.10");
	EXPECT_EQ(session->host_port, 22);
	EXPECT_EQ(control::peer_text(*parse_ssh_connection("2001:db8::1 50022 2001:db8::2 22")), "[2001:db8::1]:50022");
	for (const char* text : {"", "192.0.2.7", "192.0.2.7 50022 203.0.113.10", "192.0.2.7 70000 203.0.113.10 22", "a 1 b 2",
	                         "192.0.2.7 50022 203.0.113.10 22 more", "192.0.2.7 x 203.0.113.10 22", "192.0.2.7  50022 203.0.113.10 22"})
		EXPECT_FALSE(parse_ssh_connection(text)) << text;
}

class CliSshSessionAbove : public testing::Test {
protected:
	void add(pid_t process, pid_t parent, const std::string& environment)
	{
		const std::string name = std::to_string(process);
		std::filesystem::create_directory(proc_.at(name));
		proc_.write(name + "/stat", name + " (a) b) S " + std::to_string(parent) + " 1 1");
		proc_.write(name + "/environ", environment);
	}
	std::optional<control::Session> find(const char* own = nullptr) { return find_ssh_session(own, 30, proc_.at("")); }

	test::Directory proc_;
};

TEST_F(CliSshSessionAbove, ItsOwnComesFirst)
{
	add(30, 20, "");
	add(20, 1, std::string("SSH_CONNECTION=192.0.2.9 1 203.0.113.10 22\0", 43));
	EXPECT_EQ(control::peer_text(*find("192.0.2.7 50022 203.0.113.10 22")), "192.0.2.7:50022");
}

TEST_F(CliSshSessionAbove, SudoForgetsItAndTheShellAboveKnows)
{
	using namespace std::string_literals;
	add(30, 20, "");
	add(20, 10, "SUDO_USER=ops\0NO_SSH_CONNECTION=192.0.2.9 1 203.0.113.10 22\0"s);
	add(10, 1, "HOME=/home/ops\0SSH_CONNECTION=192.0.2.7 50022 203.0.113.10 22\0TERM=x\0"s);
	const auto session = find();
	ASSERT_TRUE(session);
	EXPECT_EQ(control::peer_text(*session), "192.0.2.7:50022");
}

TEST_F(CliSshSessionAbove, OnTheConsoleThereIsNone)
{
	add(30, 20, "");
	add(20, 1, "TERM=linux");
	EXPECT_FALSE(find());
	add(20 + 1, 21, "");  // its own parent: the walk ends all the same
	EXPECT_FALSE(find_ssh_session(nullptr, 21, proc_.at("")));
}

}  // namespace
}  // namespace sluice::cli
