// Floods of the identity port: who sends nothing, slowly, or too much costs nobody else anything.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "port/fixture.h"

namespace sluice::test {
namespace {

using namespace std::chrono_literals;

constexpr int kShare = 64;   // of one network
constexpr auto kSoon = 1s;  // for a client that nobody hinders; the machine may be busy

class PortFloods : public PortTest {
protected:
	void SetUp() override
	{
		rlimit files{};
		::getrlimit(RLIMIT_NOFILE, &files);
		files.rlim_cur = files.rlim_max;
		::setrlimit(RLIMIT_NOFILE, &files);
		PortTest::SetUp();
		set_up();
	}

	// Connections that send so many bytes of a handshake and then nothing; from one network each, or all from one.
	std::vector<Fd> half_open(std::size_t count, std::size_t bytes, bool of_one_network)
	{
		std::vector<Fd> all;
		for (std::size_t i = 0; i < count; i++) {
			const std::string from = of_one_network ? "198.18.0." + std::to_string(i % 250 + 1)
								: "198." + std::to_string(18 + i / 32'000) + "." + std::to_string(i / 125 % 256) + "." + std::to_string(i % 125 + 1);
			all.push_back(connect_from(from, port_));
			const std::string hello("\x16\x03\x01\x02\x00\x01", 6);
			if (bytes > 0)
				::send(all.back().get(), hello.data(), bytes, MSG_NOSIGNAL);
		}
		return all;
	}

	// Whether the port has closed it within some time.
	static bool closed_within(const Fd& fd, std::chrono::milliseconds patience)
	{
		pollfd waiting{fd.get(), POLLIN, 0};
		char room[256];
		while (::poll(&waiting, 1, static_cast<int>(patience.count())) == 1) {
			if (::recv(fd.get(), room, sizeof room, 0) <= 0)
				return true;
		}
		return false;
	}
};

TEST_F(PortFloods, WhoSendsNothingIsClosedInTime)
{
	const auto begun = std::chrono::steady_clock::now();
	const auto reports = reports_of([&] { EXPECT_TRUE(closed_within(connect_from(kClient, port_), 10s)); }, 1);
	EXPECT_EQ("too-slow", reports.at(0).reason);
	const auto took = std::chrono::steady_clock::now() - begun;
	EXPECT_GE(took, 1900ms);
	EXPECT_LT(took, 4s);
}

TEST_F(PortFloods, WhoSendsAByteNowAndThenIsClosedInTime)
{
	const auto begun = std::chrono::steady_clock::now();
	const auto reports = reports_of(
	    [&] {
		    const Fd slow = connect_from(kClient, port_);
		    const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
		    for (std::size_t i = 0; !closed_within(slow, 300ms); i++)
			    ::send(slow.get(), hello.data() + i % hello.size(), i < hello.size() ? 1 : 0, MSG_NOSIGNAL);
	    },
	    1);
	EXPECT_EQ("too-slow", reports.at(0).reason);
	EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(PortFloods, ARequestThatDripsIsClosedInTime)
{
	const auto reports = reports_of(
	    [&] {
		    const Reply reply = test::ask(kClient, port_, billing(), lease_request(billing()), [](SSL* ssl, const std::string& request) {
			    pollfd closed{SSL_get_fd(ssl), POLLIN, 0};
			    for (std::size_t i = 0; i < 40 && ::poll(&closed, 1, 200) == 0; i++)
				    SSL_write(ssl, request.data() + i, 1);
		    });
		    EXPECT_TRUE(reply.shaken);
		    EXPECT_EQ(0u, reply.status);
		    EXPECT_LT(reply.took, 5s);
	    },
	    1);
	EXPECT_EQ("too-slow", reports.at(0).reason);
}

TEST_F(PortFloods, HalfOpenConnectionsDelayNobody)
{
	const auto silent = half_open(2200, 0, false);  // more than all that may wait
	const auto begun = half_open(200, 6, false);
	const Reply reply = ask(billing());
	EXPECT_EQ(200u, reply.status) << reply.error;
	EXPECT_LT(reply.took, kSoon);
	const auto reports = started_->await_reports(2);
	EXPECT_TRUE(std::all_of(reports.begin(), reports.end(), [](const port::RefusalReport& report) {
		return report.reason == "too-many-waiting" || report.reason == "too-slow";
	}));
}

TEST_F(PortFloods, OneNetworksConnectionsTakeNoMoreThanItsShare)
{
	const auto held = half_open(200, 0, true);
	// 64 of a network; those before them had to go, at once.
	EXPECT_TRUE(closed_within(held.front(), 500ms));
	EXPECT_EQ("too-many-waiting", started_->await_reports(1).at(0).reason);
	EXPECT_EQ(200u, ask(billing()).status) << "another network";
	EXPECT_EQ(200u, test::ask("198.18.0.251", port_, billing()).status) << "a neighbour of theirs, too";
}

TEST_F(PortFloods, NeighboursWhoShakeHandsAndAskForNothingDelayNobody)
{
	std::vector<std::thread> idle;
	std::atomic<int> shaken = 0;
	for (int i = 0; i < kShare; i++) {
		idle.emplace_back([&, i] {
			test::ask("198.18.0." + std::to_string(i + 1), port_, {}, "", [&](SSL* ssl, const std::string&) {
				shaken++;
				shaken.notify_all();
				pollfd closed{SSL_get_fd(ssl), POLLIN, 0};
				::poll(&closed, 1, 10'000);
			});
		});
	}
	for (int now = shaken; now < kShare; now = shaken)
		shaken.wait(now);
	const Reply reply = test::ask("198.18.0.251", port_, billing());
	EXPECT_EQ(200u, reply.status) << reply.error;
	EXPECT_LT(reply.took, kSoon);
	for (std::thread& each : idle)
		each.join();
	EXPECT_FALSE(started_->await_reports(1).empty());
}

TEST_F(PortFloods, AFloodThatGoesOnDelaysNobody)
{
	std::atomic<bool> over = false;
	// Threads begin in the network of the one that starts them.
	std::thread flood([&] {
		std::vector<Fd> held(500);
		for (std::size_t i = 0; !over; i++) {
			held[i % held.size()] = connect_from("198.18." + std::to_string(i / 250 % 250) + "." + std::to_string(i % 250 + 1), port_);
			::send(held[i % held.size()].get(), "\x16\x03\x01", 3, MSG_NOSIGNAL);
		}
	});
	for (int i = 0; i < 20; i++) {
		const Reply reply = ask(billing());
		EXPECT_EQ(200u, reply.status) << reply.error;
		EXPECT_LT(reply.took, kSoon);
	}
	over = true;
	flood.join();
}

}  // namespace
}  // namespace sluice::test
