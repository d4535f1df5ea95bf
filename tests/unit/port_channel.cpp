// The channel between daemon and identity port: whole messages in order, descriptors with theirs, and an end that is told.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "port/channel.h"
#include "port/descriptors.h"
#include "port/frame.h"

namespace sluice::port {
namespace {

struct Pair {
	Fd one, other;
};

Pair make_pair()
{
	int fds[2];
	EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	return {Fd(fds[0]), Fd(fds[1])};
}

// One end, and all that it heard.
struct End {
	End(boost::asio::io_context& loop, Fd socket, Channel::Limits limits)
	    : channel(loop, std::move(socket), limits,
		      {[this](std::string payload) {
			       heard.push_back(std::move(payload));
			       if (on_message)
				       on_message();
		       },
		       [this](Error error) { ended = std::move(error); }})
	{
	}

	std::vector<std::string> heard;
	std::optional<Error> ended;
	std::function<void()> on_message;
	Channel channel;
};

class PortChannel : public testing::Test {
protected:
	void until(const std::function<bool()>& there)
	{
		while (!there())
			ASSERT_LT(0u, loop.run_one_for(std::chrono::seconds(10))) << "nothing happens any more";
	}

	boost::asio::io_context loop;
	Pair pair = make_pair();
};

struct Inode {
	dev_t device;
	ino_t number;
	bool operator==(const Inode&) const = default;
};

Inode inode_of(const Fd& fd)
{
	struct stat found {};
	EXPECT_EQ(0, ::fstat(fd.get(), &found));
	return {found.st_dev, found.st_ino};
}

TEST_F(PortChannel, MessagesArriveWholeAndInOrderWhateverTheirSize)
{
	End daemon(loop, std::move(pair.one), Channel::of_daemon());
	End port(loop, std::move(pair.other), Channel::of_port());
	daemon.channel.start();
	port.channel.start();
	const std::string large(5u << 20, 'x');  // more than a socket takes at once
	ASSERT_TRUE(daemon.channel.send("first"));
	ASSERT_TRUE(daemon.channel.send(large));
	ASSERT_TRUE(daemon.channel.send("last"));
	ASSERT_TRUE(port.channel.send("back"));
	until([&] { return port.heard.size() == 3 && daemon.heard.size() == 1; });
	EXPECT_EQ("first", port.heard[0]);
	EXPECT_EQ(large, port.heard[1]);
	EXPECT_EQ("last", port.heard[2]);
	EXPECT_EQ("back", daemon.heard[0]);
}

TEST_F(PortChannel, DescriptorsComeWithTheirMessages)
{
	End daemon(loop, std::move(pair.one), Channel::of_daemon());
	End port(loop, std::move(pair.other), Channel::of_port());
	port.channel.start();
	std::vector<Inode> sent;
	for (int round = 0; round < 3; round++) {
		Pair files = make_pair();
		sent.push_back(inode_of(files.one));
		sent.push_back(inode_of(files.other));
		std::vector<Fd> descriptors;
		descriptors.push_back(std::move(files.one));
		descriptors.push_back(std::move(files.other));
		ASSERT_TRUE(daemon.channel.send("plain"));
		ASSERT_TRUE(daemon.channel.send(std::string(300'000, 'd'), std::move(descriptors)));
	}
	std::vector<Fd> taken;
	port.on_message = [&] {
		if (port.heard.back().size() == 5)
			return;
		for (Fd& fd : port.channel.take_descriptors(2))
			taken.push_back(std::move(fd));
	};
	until([&] { return port.heard.size() == 6; });
	ASSERT_EQ(sent.size(), taken.size());
	for (std::size_t i = 0; i < sent.size(); i++) {
		EXPECT_EQ(sent[i], inode_of(taken[i])) << i;
		EXPECT_NE(0, ::fcntl(taken[i].get(), F_GETFD) & FD_CLOEXEC);
	}
	EXPECT_TRUE(port.channel.take_descriptors(1).empty());
}

TEST_F(PortChannel, TheDaemonTakesNoDescriptors)
{
	End daemon(loop, std::move(pair.one), Channel::of_daemon());
	daemon.channel.start();
	Pair pipe = make_pair();
	std::vector<Fd> descriptors;
	descriptors.push_back(std::move(pipe.one));
	ASSERT_TRUE(transmit(pair.other.get(), framed("here"), descriptors));
	descriptors.clear();
	until([&] { return daemon.heard.size() == 1; });
	EXPECT_TRUE(daemon.channel.take_descriptors(1).empty());
	char byte = 0;
	EXPECT_EQ(0, ::recv(pipe.other.get(), &byte, 1, MSG_DONTWAIT)) << "nobody holds the other end";
}

TEST_F(PortChannel, TheEndIsToldOnce)
{
	End daemon(loop, std::move(pair.one), Channel::of_daemon());
	daemon.channel.start();
	ASSERT_TRUE(transmit(pair.other.get(), framed("last words"), {}));
	pair.other.reset();
	until([&] { return daemon.ended.has_value(); });
	EXPECT_EQ(1u, daemon.heard.size());
	EXPECT_EQ(ErrorCode::kUnreachable, daemon.ended->code());
	EXPECT_FALSE(daemon.channel.send("to nobody"));
}

TEST_F(PortChannel, AMessageThatIsTooLongEndsIt)
{
	End daemon(loop, std::move(pair.one), Channel::of_daemon());
	daemon.channel.start();
	const std::string head("\x00\x01\x00\x01", 4);  // 64 KiB and a byte
	ASSERT_TRUE(transmit(pair.other.get(), head, {}));
	until([&] { return daemon.ended.has_value(); });
	EXPECT_EQ(ErrorCode::kInvalid, daemon.ended->code());
	EXPECT_TRUE(daemon.heard.empty());
}

TEST_F(PortChannel, WhatNobodyReadsIsBounded)
{
	Channel::Limits limits = Channel::of_daemon();
	limits.waiting = 1u << 20;
	End daemon(loop, std::move(pair.one), limits);
	const std::string piece(1u << 19, 'x');
	unsigned sent = 0;
	Result<void> outcome;
	while (outcome && sent < 100) {
		outcome = daemon.channel.send(piece);
		sent += outcome ? 1 : 0;
		loop.poll();
	}
	ASSERT_FALSE(outcome);
	EXPECT_EQ(ErrorCode::kExhausted, outcome.error().code());
	EXPECT_LE(sent, 5u);
}

TEST_F(PortChannel, ItMayBeGivenUpFromWithin)
{
	auto daemon = std::make_unique<End>(loop, std::move(pair.one), Channel::of_daemon());
	daemon->on_message = [&] { daemon->channel.close(); };
	daemon->channel.start();
	ASSERT_TRUE(transmit(pair.other.get(), framed("one") + framed("two"), {}));
	until([&] { return daemon->heard.size() == 1; });
	loop.restart();
	loop.poll();
	EXPECT_EQ(1u, daemon->heard.size());
	EXPECT_FALSE(daemon->ended);
	daemon.reset();
	loop.restart();
	loop.poll();
}

}  // namespace
}  // namespace sluice::port
