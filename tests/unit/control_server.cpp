// The control socket: what a client may do to it, and what it gets.
#include <gtest/gtest.h>

#include <grp.h>
#include <sys/stat.h>

#include <atomic>
#include <deque>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "control/client.h"
#include "control/server.h"
#include "unit/control_fixture.h"

namespace sluice::control {
namespace {

using test::Directory;
using test::eventually;
using test::talk;

// A server of a few routes on a thread of its own.
class ControlServer : public testing::Test {
protected:
	ControlServer() : server_(loop_, listening(), path(), {std::chrono::milliseconds(1500), 4})
	{
		server_.route("GET", "/v1/thing", [](const Request&, const Respond& respond) { respond(Response::json({{"is", "there"}})); });
		server_.route("POST", "/v1/thing", [](const Request& request, const Respond& respond) { respond(Response::json({{"was", request.body}})); });
		server_.route("DELETE", "/v1/things/*", [](const Request& request, const Respond& respond) { respond(Response::json({{"gone", request.last}})); });
		server_.route("GET", "/v1/wrong", [](const Request&, const Respond& respond) { respond(Response::error(Error(ErrorCode::kNotFound, "nothing", "look"))); });
		server_.route("GET", "/v1/lines", [this](const Request&, const Respond& respond) {
			Response response;
			response.content_type = "application/x-ndjson";
			response.more = [this, next = std::size_t{0}]() mutable {
				std::string out;
				for (; next < lines_.size(); next++)
					out += lines_[next] + "\n";
				return out;
			};
			respond(std::move(response));
		});
		server_.start();
		thread_ = std::thread([this] { loop_.run(); });
	}
	~ControlServer() override
	{
		boost::asio::post(loop_, [this] {
			server_.stop();
			loop_.stop();
		});
		thread_.join();
	}

	std::string path() const { return directory_.at("control.sock"); }
	Fd listening()
	{
		auto fd = listen_at(path(), "");
		return fd ? std::move(*fd) : Fd();
	}
	void say(const std::string& line)
	{
		boost::asio::post(loop_, [this, line] {
			lines_.push_back(line);
			server_.wake();
		});
	}

	Directory directory_;
	boost::asio::io_context loop_;
	Server server_;
	std::deque<std::string> lines_;
	std::thread thread_;
};

TEST_F(ControlServer, AnswersByMethodAndPath)
{
	Client client(path());
	EXPECT_EQ((*client.get("/v1/thing"))["is"], "there");
	EXPECT_EQ((*client.post("/v1/thing", {{"a", 1}}))["was"]["a"], 1);
	EXPECT_EQ((*client.del("/v1/things/" + path_segment("eth1.5")))["gone"], "eth1.5");
}

TEST_F(ControlServer, ErrorsReachTheClientAsTheyAre)
{
	Client client(path());
	const auto wrong = client.get("/v1/wrong");
	ASSERT_FALSE(wrong);
	EXPECT_EQ(wrong.error().code(), ErrorCode::kNotFound);
	EXPECT_EQ(wrong.error().sentence(), "nothing (look)");
	EXPECT_EQ(client.get("/v1/else").error().code(), ErrorCode::kNotFound);
	EXPECT_NE(client.del("/v1/thing").error().message().find("takes GET, POST"), std::string::npos);
	EXPECT_FALSE(client.del("/v1/things/a%2Fb"));  // a segment, not a path
	EXPECT_FALSE(client.lines("/v1/wrong", [](std::string_view) { return true; }));
}

TEST_F(ControlServer, KeepsTheConnectionOverRequests)
{
	const std::string request = "GET /v1/thing HTTP/1.1\r\nHost: x\r\n\r\n";
	const std::string answer = talk(path(), request + request + "GET /v1/thing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	std::size_t count = 0;
	for (auto at = answer.find("200 OK"); at != std::string::npos; at = answer.find("200 OK", at + 1))
		count++;
	EXPECT_EQ(count, 3u) << answer;
}

TEST_F(ControlServer, BadJsonIsRefused)
{
	const std::string answer = talk(path(), "POST /v1/thing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{]");
	EXPECT_TRUE(answer.starts_with("HTTP/1.1 400")) << answer;
	EXPECT_NE(answer.find("\"code\":\"invalid\""), std::string::npos) << answer;
}

TEST_F(ControlServer, WhatIsNoHttpIsRefused)
{
	EXPECT_TRUE(talk(path(), "hello\r\n\r\n").starts_with("HTTP/1.1 400"));
}

TEST_F(ControlServer, AnOversizeBodyIsRefusedUnread)
{
	const std::string head = "POST /v1/thing HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n";
	EXPECT_TRUE(talk(path(), head + std::string(1048577, ' ')).starts_with("HTTP/1.1 413"));
	Client client(path());
	const auto refused = client.post("/v1/thing", Json(std::string(2u << 20, 'x')));
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().message().find("1 MiB"), std::string::npos) << refused.error().sentence();
	EXPECT_TRUE(client.get("/v1/thing"));
}

TEST_F(ControlServer, AnOversizeHeaderIsRefused)
{
	EXPECT_TRUE(talk(path(), "GET /v1/thing HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
}

TEST_F(ControlServer, AClientThatDawdlesIsLeft)
{
	const auto begun = std::chrono::steady_clock::now();
	EXPECT_EQ(talk(path(), "GET /v1/th"), "");
	EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(8));
}

TEST_F(ControlServer, OneClientTooManyIsTold)
{
	std::vector<Fd> idle;
	for (int i = 0; i < 4; i++)
		idle.push_back(*connect_to(path()));
	ASSERT_TRUE(eventually([&] { return server_.sessions() == 4; }));
	const std::string answer = talk(path(), "GET /v1/thing HTTP/1.1\r\nHost: x\r\n\r\n");
	EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
	idle.clear();
	ASSERT_TRUE(eventually([&] { return server_.sessions() == 0; }));
	EXPECT_TRUE(Client(path()).get("/v1/thing"));
}

TEST_F(ControlServer, FollowsUntilTheClientHasEnough)
{
	say("one");
	std::vector<std::string> seen;
	auto followed = Client(path()).lines("/v1/lines", [&](std::string_view line) {
		seen.emplace_back(line);
		if (seen.size() == 1)
			say("two");
		return seen.size() < 2;
	});
	EXPECT_TRUE(followed) << followed.error().sentence();
	EXPECT_EQ(seen, (std::vector<std::string>{"one", "two"}));
	// A follower that went away is noticed although nothing is said.
	EXPECT_TRUE(eventually([&] { return server_.sessions() == 0; }));
}

TEST_F(ControlServer, FollowOutlivesSilence)
{
	std::vector<std::string> seen;
	std::thread later([&] {
		std::this_thread::sleep_for(std::chrono::milliseconds(2500));  // longer than the server's patience
		say("late");
	});
	const auto followed = Client(path(), std::chrono::milliseconds(1000)).lines("/v1/lines", [&](std::string_view line) {
		seen.emplace_back(line);
		return false;
	});
	later.join();
	EXPECT_TRUE(followed) << followed.error().sentence();
	EXPECT_EQ(seen, std::vector<std::string>{"late"});
}

TEST(ControlSocket, IsItsOwnersAlone)
{
	Directory directory;
	const auto fd = listen_at(directory.at("s"), "");
	ASSERT_TRUE(fd) << fd.error().sentence();
	struct stat status {};
	ASSERT_EQ(::stat(directory.at("s").c_str(), &status), 0);
	EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(ControlSocket, AGroupMayUseItWhenNamed)
{
	Directory directory;
	const group* own = ::getgrgid(::getegid());
	ASSERT_NE(own, nullptr);
	const auto fd = listen_at(directory.at("s"), own->gr_name);
	ASSERT_TRUE(fd) << fd.error().sentence();
	struct stat status {};
	ASSERT_EQ(::stat(directory.at("s").c_str(), &status), 0);
	EXPECT_EQ(status.st_mode & 07777, 0660u);
	EXPECT_EQ(status.st_gid, ::getegid());
	EXPECT_EQ(listen_at(directory.at("t"), "no-such-group").error().code(), ErrorCode::kInvalid);
	EXPECT_FALSE(std::filesystem::exists(directory.at("t")));
}

TEST(ControlSocket, ADeadDaemonsSocketIsReplacedALiveOnesIsNot)
{
	Directory directory;
	{
		const auto dead = listen_at(directory.at("s"), "");
		ASSERT_TRUE(dead);
	}
	auto alive = listen_at(directory.at("s"), "");
	ASSERT_TRUE(alive) << alive.error().sentence();
	const auto second = listen_at(directory.at("s"), "");
	ASSERT_FALSE(second);
	EXPECT_EQ(second.error().code(), ErrorCode::kExists);
	EXPECT_TRUE(connect_to(directory.at("s")));
}

TEST(ControlSocket, WhatIsNoSocketIsLeftAlone)
{
	Directory directory;
	directory.write("s", "precious");
	EXPECT_EQ(listen_at(directory.at("s"), "").error().code(), ErrorCode::kExists);
	EXPECT_TRUE(std::filesystem::is_regular_file(directory.at("s")));
}

TEST(ControlClient, NoDaemonIsUnreachable)
{
	Directory directory;
	const auto answer = Client(directory.at("s")).get("/v1/status");
	ASSERT_FALSE(answer);
	EXPECT_EQ(answer.error().code(), ErrorCode::kUnreachable);
	EXPECT_NE(answer.error().advice().find("systemctl status sluiced"), std::string::npos);
}

TEST(ControlClient, ADaemonThatDoesNotAnswerIsUnreachable)
{
	Directory directory;
	const auto mute = listen_at(directory.at("s"), "");
	ASSERT_TRUE(mute);
	const auto answer = Client(directory.at("s"), std::chrono::milliseconds(200)).get("/v1/status");
	ASSERT_FALSE(answer);
	EXPECT_EQ(answer.error().code(), ErrorCode::kUnreachable);
}

}  // namespace
}  // namespace sluice::control
