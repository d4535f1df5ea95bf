#include "port/fixture.h"

#include <csignal>
#include <cstdlib>

namespace sluice::test {

void PortTest::SetUp()
{
	std::signal(SIGPIPE, SIG_IGN);  // a client may still write when the port has closed
	auto network = OwnNetwork::open();
	ASSERT_TRUE(network) << network.error().sentence();
	network_ = std::make_unique<OwnNetwork>(*std::move(network));
	ASSERT_EQ(0, std::system("ip route add local 198.18.0.0/15 dev lo && sysctl -qw net.core.somaxconn=8192"));
	auto listener = network_->listen(*port_.port);
	ASSERT_TRUE(listener) << listener.error().sentence();
	listener_ = *std::move(listener);
	auto started = StartedPort::start();
	ASSERT_TRUE(started) << started.error().sentence();
	started_ = *std::move(started);
}

void PortTest::set_up(const port::Setup& setup)
{
	const auto answer = started_->set_up(setup, {&listener_});
	const auto* ready = std::get_if<port::Ready>(&answer);
	ASSERT_NE(nullptr, ready) << std::get<port::SetupRefused>(answer).why;
	EXPECT_EQ(setup.serial, ready->serial);
	EXPECT_TRUE(ready->problems.empty()) << ready->problems.front();
}

std::vector<port::RefusalReport> PortTest::reports_of(const std::function<void()>& act, std::size_t count)
{
	const std::size_t before = started_->reports().size();
	act();
	const auto all = started_->await_reports(before + count);
	return {all.begin() + static_cast<std::ptrdiff_t>(std::min(before, all.size())), all.end()};
}

void PortTest::expect_refused(const std::string& sentence, const Shown& what, const std::string& reason, unsigned status)
{
	SCOPED_TRACE(sentence);
	const std::size_t requests = started_->requests().size();
	Reply reply;
	const auto reports = reports_of([&] { reply = ask(what); }, 1);
	ASSERT_EQ(1u, reports.size());
	EXPECT_EQ(reason, reports[0].reason) << reports[0].detail;
	EXPECT_EQ(kClient, reports[0].peer.value_or(net::Address()).to_string());
	EXPECT_EQ(status, reply.status) << reply.error;
	if (status != 0) {
		EXPECT_EQ(reason, reply.body.value("refused", ""));
		EXPECT_FALSE(reply.body.value("sentence", "").empty());
		const auto thumbprint = what.chain.empty() ? std::nullopt : std::optional(what.chain[0].parsed().thumbprint());
		EXPECT_EQ(thumbprint, reports[0].thumbprint);
	}
	EXPECT_EQ(requests, started_->requests().size()) << "nobody is asked for a lease";
}

}  // namespace sluice::test
