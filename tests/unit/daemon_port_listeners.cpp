// The sockets of the identity port: who is reached where after a change, while the port's process still has the copies of before.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/port_listeners.h"

namespace sluice::daemon {
namespace {

std::string any_free_port()
{
	const Fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	sockaddr_in6 address{};
	address.sin6_family = AF_INET6;
	socklen_t size = sizeof(address);
	EXPECT_EQ(::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
	EXPECT_EQ(::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
	return std::to_string(ntohs(address.sin6_port));
}

class DaemonPortListeners : public testing::Test {
protected:
	net::Endpoint at(const std::string& address) const { return *net::Endpoint::parse(address + ":" + port_); }

	bool reached_by_ipv4() const
	{
		const Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
		sockaddr_in address{};
		address.sin_family = AF_INET;
		address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(port_)));
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
	}

	const std::string port_ = any_free_port();
	PortListeners listeners_;
};

TEST_F(DaemonPortListeners, AnEndpointThatGoesMakesRoomThoughTheProcessStillHasItsCopy)
{
	ASSERT_TRUE(listeners_.listen_at({at("[::]")}).empty());
	const auto copies = listeners_.copies();
	ASSERT_TRUE(copies);
	const auto problems = listeners_.listen_at({at("127.0.0.1")});
	EXPECT_TRUE(problems.empty()) << problems[0];
	EXPECT_EQ(listeners_.names(), std::vector<std::string>{"127.0.0.1:" + port_});
	EXPECT_TRUE(reached_by_ipv4());
}

TEST_F(DaemonPortListeners, EveryAddressTakesIpv4UnlessAnIpv4EndpointHasThePort)
{
	ASSERT_TRUE(listeners_.listen_at({at("[::]")}).empty());
	EXPECT_TRUE(reached_by_ipv4());
	const auto copies = listeners_.copies();
	ASSERT_TRUE(copies);
	const auto problems = listeners_.listen_at({at("[::]"), at("127.0.0.1")});
	EXPECT_TRUE(problems.empty()) << problems[0];
	EXPECT_EQ(listeners_.names().size(), 2u);
	EXPECT_TRUE(reached_by_ipv4());
	ASSERT_TRUE(listeners_.listen_at({at("[::]")}).empty());
	EXPECT_TRUE(reached_by_ipv4()) << "who was given IPv4 back takes it";
}

TEST_F(DaemonPortListeners, WhatStaysIsNotOpenedAnew)
{
	ASSERT_TRUE(listeners_.listen_at({at("[::]")}).empty());
	EXPECT_TRUE(reached_by_ipv4());
	const auto copies = listeners_.copies();
	ASSERT_TRUE(copies && copies->size() == 1);
	ASSERT_TRUE(listeners_.listen_at({at("[::]")}).empty());
	EXPECT_TRUE(Fd(::accept((*copies)[0].get(), nullptr, nullptr))) << "who waited still waits";
}

}  // namespace
}  // namespace sluice::daemon
