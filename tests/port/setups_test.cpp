// Setups: what is wrong changes nothing, what is broken leaves what stood there, and listeners come and go.
#include <sys/socket.h>

#include "port/fixture.h"

namespace sluice::test {
namespace {

class PortSetups : public PortTest {
protected:
	// Why it is refused; empty: it is not.
	std::string refusal_of(const port::Setup& setup)
	{
		const auto answer = started_->set_up(setup, {&listener_});
		const auto* refused = std::get_if<port::SetupRefused>(&answer);
		return refused == nullptr ? "" : refused->why;
	}
	std::vector<std::string> problems_of(const port::Setup& setup)
	{
		const auto answer = started_->set_up(setup, {&listener_});
		const auto* ready = std::get_if<port::Ready>(&answer);
		EXPECT_NE(nullptr, ready);
		return ready == nullptr ? std::vector<std::string>() : ready->problems;
	}
};

TEST_F(PortSetups, WithoutOneItListensNowhere)
{
	// The kernel takes the connection for the listener; nobody takes it from there.
	const Fd early = connect_from(kClient, port_);
	EXPECT_TRUE(early);
	EXPECT_TRUE(started_->reports().empty());
	set_up();
	EXPECT_EQ(200u, ask(billing()).status);
}

TEST_F(PortSetups, WhatIsWrongIsRefusedAndTheFormerGoesOn)
{
	set_up();
	port::Setup wrong = world_.setup();
	wrong.serial = 2;
	wrong.key.text = pem_of(make_ec_key());
	EXPECT_EQ("port.key: not the key of port.pem", refusal_of(wrong));
	wrong.key.text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
	EXPECT_NE(std::string::npos, refusal_of(wrong).find("port.key: no private key as PEM, or an encrypted one"));
	wrong = world_.setup();
	wrong.certificate = {"port.pem", "", "No such file or directory"};
	EXPECT_EQ("port.pem: No such file or directory", refusal_of(wrong));
	wrong = world_.setup();
	wrong.trust_domains[0].authorities[0].text = "nothing";
	EXPECT_NE(std::string::npos, refusal_of(wrong).find("root.pem"));
	const auto no_socket = started_->set_up(world_.setup(), {});
	EXPECT_TRUE(std::holds_alternative<port::Ready>(no_socket)) << "nowhere to listen is a setup";
	set_up();
	const Fd not_listening(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	const auto answer = started_->set_up(world_.setup(), {&not_listening});
	ASSERT_TRUE(std::holds_alternative<port::SetupRefused>(answer));
	EXPECT_NE(std::string::npos, std::get<port::SetupRefused>(answer).why.find("no listening TCP socket"));
	EXPECT_EQ(200u, ask(billing()).status);
}

TEST_F(PortSetups, BrokenListsAndKeysLeaveWhatStoodThere)
{
	port::Setup setup = world_.setup();
	setup.trust_domains[0].crls[1] = world_.revoked({42});
	set_up(setup);
	const Issued other = world_.client(World::workload(43));
	setup.trust_domains[0].crls[1].text = "cut o";
	setup.trust_domains[0].crls[0] = {"root.crl", "", "No such file or directory"};
	setup.issuers[0].keys.text = "{";
	const auto problems = problems_of(setup);
	ASSERT_EQ(3u, problems.size());
	EXPECT_EQ("root.crl: No such file or directory; what stood there before goes on", problems[0]);
	EXPECT_TRUE(problems[1].starts_with("middle.crl: ") && problems[1].ends_with("; what stood there before goes on")) << problems[1];
	EXPECT_TRUE(problems[2].starts_with("as.jwks: ")) << problems[2];
	expect_refused("revoked before", billing(), "revoked", 403);
	EXPECT_EQ(200u, ask(shown(other, world_.bound_token(other))).status);
}

TEST_F(PortSetups, WhatWasNeverThereIsRefused)
{
	port::Setup setup = world_.setup();
	setup.trust_domains[0].crls[1] = {"middle.crl", "", "No such file or directory"};
	setup.issuers[0].keys = {"as.jwks", "", "No such file or directory"};
	EXPECT_EQ((std::vector<std::string>{"middle.crl: No such file or directory", "as.jwks: No such file or directory"}), problems_of(setup));
	expect_refused("not covered", billing(), "crl-missing", 403);
}

TEST_F(PortSetups, ListenersComeAndGo)
{
	set_up();
	auto other = network_->listen(8441);
	ASSERT_TRUE(other);
	const net::Endpoint there = *net::Endpoint::parse("203.0.113.10:8441");
	ASSERT_TRUE(std::holds_alternative<port::Ready>(started_->set_up(world_.setup(), {&listener_, &*other})));
	EXPECT_EQ(200u, ask(billing()).status);
	EXPECT_EQ(200u, test::ask(kClient, there, billing()).status);
	ASSERT_TRUE(std::holds_alternative<port::Ready>(started_->set_up(world_.setup(), {&*other})));
	listener_.reset();
	EXPECT_EQ(200u, test::ask(kClient, there, billing()).status);
	EXPECT_FALSE(connect_from(kClient, port_)) << "closed everywhere";
}

TEST_F(PortSetups, AnExpiredCertificateOfItsOwnIsAProblem)
{
	Wanted wanted = World::workload(2);
	wanted.extended = "serverAuth";
	wanted.until = world_.now - std::chrono::seconds(5);
	const Issued old = issue(wanted, &world_.root, make_ec_key());
	port::Setup setup = world_.setup();
	setup.certificate.text = pem_of(old);
	setup.key.text = pem_of(old.key);
	EXPECT_EQ(std::vector<std::string>{"port.pem: the port's own certificate has expired"}, problems_of(setup));
}

TEST_F(PortSetups, AVisitGoesOnByTheSetupThatItBeganWith)
{
	set_up();
	const Reply reply = test::ask(kClient, port_, billing(), lease_request(billing()), [this](SSL* ssl, const std::string& request) {
		port::Setup renewed = world_.setup();
		renewed.serial = 9;
		set_up(renewed);
		write_at_once(ssl, request);
	});
	EXPECT_EQ(200u, reply.status) << reply.error;
}

}  // namespace
}  // namespace sluice::test
