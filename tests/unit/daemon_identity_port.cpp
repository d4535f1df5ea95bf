// The daemon's side of the identity port against a process that a script plays: it is started, believed as far as its setup
// goes, ended when it lies, and started again.
#include <gtest/gtest.h>

#include <filesystem>

#include <boost/asio/io_context.hpp>

#include "base/file.h"
#include "daemon/identity_port.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using std::chrono::milliseconds;

// Reads frames and writes them; `setup` is the first message.
constexpr const char* kPrologue =
    "#!/usr/bin/python3\n"
    "import json, socket, struct, sys, time\n"
    "channel = socket.socket(fileno=3)\n"
    "def take():\n"
    "    head = channel.recv(4, socket.MSG_WAITALL)\n"
    "    if len(head) < 4: sys.exit(0)\n"
    "    return json.loads(channel.recv(struct.unpack('>I', head)[0], socket.MSG_WAITALL))\n"
    "def say(message):\n"
    "    text = json.dumps(message).encode()\n"
    "    channel.sendall(struct.pack('>I', len(text)) + text)\n"
    "setup = take()\n";

class DaemonIdentityPort : public testing::Test {
protected:
	void SetUp() override
	{
		spdlog::set_level(spdlog::level::off);
		ASSERT_TRUE(leasing_.start());
		policy::Identities terms;
		terms.unshared = {*net::Prefix::parse("10.1.0.0/16")};
		leasing_.follow(terms);
	}

	// What the process does after it has its setup; `ready` and `request(…)` are messages.
	IdentityPort& play(const std::string& script, const std::vector<net::Endpoint>& listen = {})
	{
		directory_.write("port", std::string(kPrologue) + script);
		std::filesystem::permissions(directory_.at("port"), std::filesystem::perms::owner_all);
		port_.emplace(loop_, leasing_, directory_.at("port"));
		IdentityPort::Wanted asked = wanted();
		asked.listen = listen;
		port_->follow(std::move(asked));
		return *port_;
	}

	static IdentityPort::Wanted wanted()
	{
		IdentityPort::Wanted wanted;
		wanted.setup.certificate.path = "port.pem";
		wanted.setup.trust_domains = {{"prod.example", {}, {}}};
		wanted.setup.transmitters.push_back({{"https://idp.example", {}, {}, {}}, {{"spiffe://prod.example/**"}, false}});
		wanted.setup.roles = {{identity::NamePattern{"spiffe://prod.example/**"}, 1}};
		return wanted;
	}

	bool until(const std::function<bool()>& condition)
	{
		const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
		while (!condition() && std::chrono::steady_clock::now() < deadline)
			loop_.run_for(milliseconds(20));
		return condition();
	}
	std::string said() const
	{
		std::string all;
		for (const std::string& warning : port_->warnings())
			all += warning + "\n";
		return all;
	}
	std::string request(const std::string& name, std::uint64_t roles, const std::string& peer = "10.1.0.7") const
	{
		return request_at(name, roles, port::Visitor{*net::Address::parse(peer)});
	}
	std::string flow_request(const std::string& name) const
	{
		return request_at(name, 2, net::Flow{*net::Address::parse("192.0.2.7"), *net::Address::parse("203.0.113.10"), 40000, 443});
	}
	std::string request_at(const std::string& name, std::uint64_t roles, std::variant<port::Visitor, net::Flow> at) const
	{
		port::LeaseRequest request;
		request.id = 1;
		request.identity.name = name;
		request.identity.authority = "prod.example";
		request.identity.thumbprint = identity::Thumbprint{{1, 2, 3}};
		request.identity.roles = roles;
		request.identity.until = identity::moment_of_unix_ns(clock_.unix_ns()) + std::chrono::hours(1);
		request.at = std::move(at);
		const std::string text = port::encode(port::ToDaemon(request));
		return "say(json.loads(r'''" + text + "'''))\n";
	}
	static std::string event(const std::string& subject)
	{
		const std::string text = port::encode(port::ToDaemon(port::EventReport{3, {"https://idp.example", "e1", "session-revoked", subject}}));
		return "say(json.loads(r'''" + text + "'''))\n";
	}
	static std::string ready()
	{
		const std::string text = port::encode(port::ToDaemon(port::Ready{7'000'007, {}}));
		return "say(json.loads(r'''" + text + "'''.replace('7000007', str(setup['serial']))))\n";
	}

	test::Directory directory_;
	SystemClock clock_;
	datapath::MemoryDatapath datapath_{clock_};
	Journal journal_{clock_, [] {}};
	Disk disk_;
	Leasing leasing_{{datapath_, clock_, journal_, disk_, directory_.at("state"), [] { return std::string("d1"); }}};
	boost::asio::io_context loop_;
	std::optional<IdentityPort> port_;
};

TEST_F(DaemonIdentityPort, WhatItProvedIsLeasedAndAnswered)
{
	play("import os\n" + ready() + request("spiffe://prod.example/a", 2) +
	     "answer = json.dumps(take())\n"
	     "open(os.path.abspath(__file__) + '.tmp', 'w').write(answer)\n"
	     "os.rename(os.path.abspath(__file__) + '.tmp', os.path.abspath(__file__) + '.answer')\n"
	     "take()\n");
	const std::string answered = directory_.at("port.answer");
	ASSERT_TRUE(until([&] { return std::filesystem::exists(answered); })) << said();
	const auto answer = port::parse_to_port(*read_file(answered));
	ASSERT_TRUE(answer);
	const auto& granted = std::get<port::Granted>(std::get<port::LeaseAnswer>(*answer).outcome);
	EXPECT_EQ(granted.binding, "10.1.0.7");
	EXPECT_EQ(granted.seconds, 300u);
	EXPECT_FALSE(granted.renewed);
	EXPECT_TRUE(port_->warnings().empty()) << said();
	EXPECT_EQ(leasing_.use().leases, 1u);
	EXPECT_EQ(datapath_.leases()->leases[0].binding, datapath::Binding(*net::Prefix::parse("10.1.0.7")));
}

TEST_F(DaemonIdentityPort, AFlowThatAGatewayReportsIsLeasedAndARevocationIsTold)
{
	directory_.write("port", std::string(kPrologue) + "import os\n" + ready() + flow_request("spiffe://prod.example/a") +
				     "take()\nanswer = json.dumps(take())\n"
				     "open(os.path.abspath(__file__) + '.tmp', 'w').write(answer)\n"
				     "os.rename(os.path.abspath(__file__) + '.tmp', os.path.abspath(__file__) + '.answer')\ntake()\n");
	std::filesystem::permissions(directory_.at("port"), std::filesystem::perms::owner_all);
	port_.emplace(loop_, leasing_, directory_.at("port"));
	IdentityPort::Wanted asked = wanted();
	asked.setup.certificate.path.clear();
	asked.setup.authorization = port::Authorization{directory_.at("a.sock"), {33}, {}, {}};
	port_->follow(std::move(asked));
	ASSERT_TRUE(until([&] { return leasing_.use().leases == 1; })) << said();
	const datapath::Flow flow{*net::Address::parse("192.0.2.7"), *net::Address::parse("203.0.113.10"), 40000, 443};
	EXPECT_EQ(datapath_.leases()->leases[0].binding, datapath::Binding(flow)) << "also of an address that is shared";
	EXPECT_TRUE(std::filesystem::exists(directory_.at("a.sock")));
	ASSERT_TRUE(leasing_.revoke({"spiffe://prod.example/a", "lost"}, "root"));
	ASSERT_TRUE(until([&] { return std::filesystem::exists(directory_.at("port.answer")); })) << said();
	EXPECT_TRUE(std::holds_alternative<port::AskAgain>(*port::parse_to_port(*read_file(directory_.at("port.answer")))));
	port_->stop();
	EXPECT_FALSE(std::filesystem::exists(directory_.at("a.sock")));
}

TEST_F(DaemonIdentityPort, AFlowWhereThereAreNoGatewaysIsALie)
{
	play(ready() + flow_request("spiffe://prod.example/a") + "take()\ntake()\n");
	ASSERT_TRUE(until([&] { return port_->degraded(); }));
	EXPECT_EQ(leasing_.use().leases, 0u);
}

TEST_F(DaemonIdentityPort, AnAddressThatIsSharedIsRefused)
{
	play(ready() + request("spiffe://prod.example/a", 2, "192.0.2.7") + "take()\ntake()\n");
	ASSERT_TRUE(until([&] { return journal_.log().last() >= 1; })) << said();
	EXPECT_EQ(leasing_.use().leases, 0u);
	EXPECT_FALSE(port_->degraded());
}

TEST_F(DaemonIdentityPort, AnEventRevokesAndIsAnswered)
{
	play("import os\n" + ready() + event("spiffe://prod.example/a") +
	     "answer = json.dumps(take())\n"
	     "open(os.path.abspath(__file__) + '.tmp', 'w').write(answer)\n"
	     "os.rename(os.path.abspath(__file__) + '.tmp', os.path.abspath(__file__) + '.answer')\n"
	     "take()\n");
	ASSERT_TRUE(until([&] { return std::filesystem::exists(directory_.at("port.answer")); })) << said();
	const auto answer = port::parse_to_port(*read_file(directory_.at("port.answer")));
	ASSERT_TRUE(answer);
	EXPECT_EQ(std::get<port::EventAnswer>(*answer).id, 3u);
	EXPECT_TRUE(std::get<port::EventAnswer>(*answer).taken);
	ASSERT_EQ(leasing_.use().revoked, 1u);
	EXPECT_EQ(leasing_.list({}).rows[0].revoked->by, "https://idp.example");
}

TEST_F(DaemonIdentityPort, WhoClaimsMoreThanItsSetupIsEnded)
{
	for (const std::string& lie : {event("spiffe://other.example/a"), request("spiffe://other.example/a", 2), request("spiffe://prod.example/a", 4), std::string("say({'kind': 'root'})\n"),
	                               std::string("channel.sendall(b'\\xff\\xff\\xff\\xff')\n")}) {
		play(ready() + lie + "take()\n");
		ASSERT_TRUE(until([&] { return port_->degraded(); })) << lie;
		EXPECT_NE(said().find("nobody gets another"), std::string::npos) << said();
		EXPECT_EQ(leasing_.use().leases, 0u) << lie;
		EXPECT_EQ(leasing_.use().revoked, 0u) << lie;
		port_.reset();
	}
}

TEST_F(DaemonIdentityPort, ADeadProcessIsStartedAgain)
{
	play("import os\n"
	     "first = not os.path.exists(os.path.dirname(os.path.abspath(__file__)) + '/second')\n"
	     "open(os.path.dirname(os.path.abspath(__file__)) + '/second', 'w')\n"
	     "if first: sys.exit(3)\n" +
	     ready() + request("spiffe://prod.example/a", 2) + "take()\ntake()\n");
	ASSERT_TRUE(until([&] { return port_->degraded(); }));
	ASSERT_TRUE(until([&] { return leasing_.use().leases == 1; })) << said();
	EXPECT_FALSE(port_->degraded()) << said();
}

TEST_F(DaemonIdentityPort, ASetupItCannotWorkByIsSaid)
{
	const std::string text = port::encode(port::ToDaemon(port::SetupRefused{7'000'007, "the key does not fit the certificate"}));
	play("say(json.loads(r'''" + text + "'''.replace('7000007', str(setup['serial']))))\ntake()\n");
	ASSERT_TRUE(until([&] { return port_->degraded(); }));
	EXPECT_NE(said().find("the key does not fit the certificate"), std::string::npos) << said();
}

TEST_F(DaemonIdentityPort, AnEndpointThatWasTakenIsReachedOnceItIsFree)
{
	PortListeners taken;
	const auto endpoint = *net::Endpoint::parse("127.0.0.1:48441");
	ASSERT_TRUE(taken.listen_at({endpoint}).empty());
	play(ready() + "take()\ntake()\n", {endpoint});
	ASSERT_TRUE(until([&] { return said().find("48441") != std::string::npos; }));
	port_->mend();
	EXPECT_TRUE(port_->degraded()) << "it is still taken";
	(void)taken.listen_at({});
	port_->mend();
	EXPECT_TRUE(until([&] { return !port_->degraded(); })) << said();
}

TEST_F(DaemonIdentityPort, AProgramThatIsNotThereIsSaid)
{
	port_.emplace(loop_, leasing_, directory_.at("nothing"));
	port_->follow(wanted());
	EXPECT_TRUE(port_->degraded());
	EXPECT_NE(said().find("nothing: No such file or directory"), std::string::npos) << said();
	port_->stop();
	EXPECT_FALSE(port_->degraded());
}

TEST_F(DaemonIdentityPort, AnEndpointThatIsTakenIsSaidAndTheOthersAreReached)
{
	PortListeners taken;
	ASSERT_TRUE(taken.listen_at({*net::Endpoint::parse("127.0.0.1:48440")}).empty());
	PortListeners listeners;
	const auto problems = listeners.listen_at({*net::Endpoint::parse("127.0.0.1:48440"), *net::Endpoint::parse("[::1]:48440")});
	ASSERT_EQ(problems.size(), 1u);
	EXPECT_NE(problems[0].find("127.0.0.1:48440: bind: Address already in use"), std::string::npos) << problems[0];
	EXPECT_EQ(listeners.names(), (std::vector<std::string>{"[::1]:48440"}));
	EXPECT_EQ(listeners.copies()->size(), 1u);
	EXPECT_TRUE(taken.listen_at({}).empty());
	EXPECT_TRUE(listeners.listen_at({*net::Endpoint::parse("127.0.0.1:48440")}).empty()) << "free again";
}

}  // namespace
}  // namespace sluice::daemon
