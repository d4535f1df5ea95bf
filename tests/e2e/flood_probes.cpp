// Floods with honest frames among them, one in so many, and exactly which of them were lost. And floods that bear a client's
// name: what they leave of its limits.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <map>

#include "client_socket.h"
#include "flood_story.h"

namespace sluice::e2e {

namespace {

constexpr std::uint64_t kFrames = 30'000;
constexpr std::uint16_t kClientPort = 50000;  // no spoofed frame has it

class FloodProbes : public FloodStory {
protected:
	Fd open_udp() { return must(take_datagrams(wire().gate(), lab::kGateIpv4, 9000)); }

	// Datagrams that wait there, by source.
	static std::map<std::string, std::uint64_t> drain(const Fd& socket)
	{
		std::map<std::string, std::uint64_t> by_source;
		char bytes[2048], text[INET_ADDRSTRLEN];
		sockaddr_in from{};
		socklen_t size = sizeof(from);
		while (::recvfrom(socket.get(), bytes, sizeof(bytes), 0, reinterpret_cast<sockaddr*>(&from), &size) >= 0) {
			by_source[::inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text))]++;
			size = sizeof(from);
		}
		return by_source;
	}

	Fd connect_client() { return must(connect_from(wire().world(), lab::kWorldIpv4, kClientPort, 8080)); }
	// Whether the server answers on it.
	static bool asks(const Fd& connection)
	{
		const std::string request = "HEAD / HTTP/1.0\r\n\r\n";
		char answer[256];
		return ::send(connection.get(), request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()) &&
		       ::recv(connection.get(), answer, sizeof(answer), 0) > 0;
	}

	static lab::FloodShape marked(lab::FloodShape shape, const std::string& source, std::uint32_t every)
	{
		shape.marked = {must(net::Address::parse(source)), kClientPort, every};
		return shape;
	}
	lab::FloodShape datagrams() const
	{
		lab::FloodShape shape;
		shape.frame = frame_from("198.51.100.1", 9000);
		shape.sources = 0;
		shape.packets_per_second = kFloodRate;
		return shape;
	}
};

}  // namespace

TEST_F(FloodProbes, DatagramsOfWhoWasSeenBeforeAllGetThrough)
{
	serve(proving_policy("cookie"));
	const Fd udp = open_udp();
	const std::uint64_t sent = send_flood(marked(datagrams(), lab::kWorldIpv4, 50), kFrames);
	EXPECT_EQ(sent, kFrames / 50);
	ASSERT_TRUE(until([&] { return counted("unproved") >= kFrames - sent - 10; }));
	auto taken = drain(udp);
	EXPECT_EQ(taken[lab::kWorldIpv4], sent) << "not one of them was lost";
	taken.erase(lab::kWorldIpv4);
	std::uint64_t others = 0;
	for (const auto& [source, datagrams] : taken)
		others += datagrams;
	EXPECT_EQ(others, 10u) << "what the budget holds";
	EXPECT_EQ(counted("unproved"), kFrames - sent - 10);
}

TEST_F(FloodProbes, NearMissOfWhoWasNeverSeenNoneGetsThrough)
{
	serve(proving_policy("cookie"));
	const Fd udp = open_udp();
	send(frame_from("203.0.113.9", 9000), 10);
	const std::uint64_t sent = send_flood(marked(datagrams(), "192.0.2.50", 50), kFrames);
	ASSERT_TRUE(until([&] { return counted("unproved") >= kFrames; }));
	EXPECT_EQ(sent, kFrames / 50);
	EXPECT_EQ(drain(udp), (std::map<std::string, std::uint64_t>{{"203.0.113.9", 10}}));
}

TEST_F(FloodProbes, SegmentsOfAnOpenConnectionAllGetThrough)
{
	serve(proving_policy("cookie"));
	const Fd connection = connect_client();
	const std::uint64_t admitted = counted("admitted"), nobodys = counted("no-connection");
	const std::uint64_t sent = send_flood(marked(spoofed("198.51.100.1", 0, false), lab::kWorldIpv4, 50), kFrames);
	ASSERT_TRUE(until([&] { return counted("no-connection") - nobodys >= kFrames - sent; }));
	EXPECT_EQ(counted("admitted") - admitted, sent);
	EXPECT_EQ(counted("no-connection") - nobodys, kFrames - sent);
	EXPECT_TRUE(asks(connection)) << "and the stack goes on with it";
}

TEST_F(FloodProbes, SynsInAVictimsNameLeaveItsConnectionsAsTheyWere)
{
	serve("version: 1\nservices:\n"
	      "  - name: api\n"
	      "    protocol: tcp\n"
	      "    ports: [8080]\n"
	      "    each-source: {packets: {rate: 1/h, burst: 60}, connections: {rate: 1/h, burst: 6}}\n"
	      "    unproved: {connections: {rate: 1/h, burst: 1}, beyond: cookie}\n");
	const Fd connection = connect_client();
	const auto level = [&] {
		const std::string from = std::string(lab::kWorldIpv4) + ":" + std::to_string(kClientPort);
		const auto told = must(daemon().ask({"explain", "--src", from, "--dst", std::string(lab::kGateIpv4) + ":8080"}));
		EXPECT_EQ(told.at("verdict"), "pass") << told.dump();
		return told.at("limit").at("level").get<std::uint64_t>();
	};
	const std::uint64_t before = level(), admitted = counted("admitted");
	EXPECT_GT(before, 0u);
	send_flood(spoofed(lab::kWorldIpv4, 1, true), kFrames);
	ASSERT_TRUE(until([&] { return counted("source-connections") >= kFrames - 6; }));
	EXPECT_EQ(level(), before) << "exactly";
	const std::uint64_t syns = kFrames - counted("source-connections");
	EXPECT_LE(counted("admitted") - admitted, 2 * syns) << "those that its new connections had room for, and a RST for each";
	EXPECT_EQ(counted("source-packets"), 0u);
	EXPECT_TRUE(asks(connection));
}

}  // namespace sluice::e2e
