// Who proves what he says gets his lease asked for: his own name, at the address that he is really at.
#include "port/fixture.h"

namespace sluice::test {
namespace {

class PortHonest : public PortTest {};

TEST_F(PortHonest, ACertificateIsItsIdentityAtThePeersAddress)
{
	set_up();
	const Reply reply = ask(billing());
	ASSERT_EQ(200u, reply.status) << reply.error;
	EXPECT_EQ((nlohmann::json{{"identity", "spiffe://prod.example/billing"}, {"binding", kClient}, {"seconds", 60}, {"renew_after_seconds", 30}, {"renewed", false}}),
		  reply.body);
	const auto requests = started_->requests();
	ASSERT_EQ(1u, requests.size());
	EXPECT_EQ("spiffe://prod.example/billing", requests[0].identity.name);
	EXPECT_EQ("prod.example", requests[0].identity.authority);
	EXPECT_EQ(world_.billing.parsed().thumbprint(), requests[0].identity.thumbprint);
	EXPECT_EQ("", requests[0].identity.issuer);
	EXPECT_EQ(0u, requests[0].identity.roles);
	EXPECT_EQ(world_.billing.parsed().until() + std::chrono::seconds(60), requests[0].identity.until);
	EXPECT_EQ(kClient, std::get<port::Visitor>(requests[0].at).peer.to_string());
	EXPECT_EQ(port::Bind::kAddress, std::get<port::Visitor>(requests[0].at).bind);
	EXPECT_TRUE(started_->reports().empty());
}

TEST_F(PortHonest, APlainPkiAnIpv6AddressAndAPrefix)
{
	set_up();
	Wanted wanted = World::workload();
	wanted.names = {"DNS:a.partner.example"};
	const Shown partner = shown(world_.client(wanted));
	const Reply reply = test::ask("2001:db8:7::7", *net::Endpoint::parse("[2001:db8:10::10]:8440"), partner, lease_request(partner, R"({"bind":"prefix"})"));
	ASSERT_EQ(200u, reply.status) << reply.error;
	const auto requests = started_->requests();
	ASSERT_EQ(1u, requests.size());
	EXPECT_EQ("partner-a", requests[0].identity.name);
	EXPECT_EQ("partners", requests[0].identity.authority);
	EXPECT_EQ("2001:db8:7::7", std::get<port::Visitor>(requests[0].at).peer.to_string());
	EXPECT_EQ(port::Bind::kPrefix, std::get<port::Visitor>(requests[0].at).bind);
}

TEST_F(PortHonest, RolesComeFromTheNameAndFromTheToken)
{
	set_up();
	Wanted wanted = World::workload();
	wanted.names = {"URI:spiffe://prod.example/edge/a"};
	const Issued edge = world_.client(wanted);
	ASSERT_EQ(200u, ask(shown(edge)).status);
	ASSERT_EQ(200u, ask(shown(edge, world_.bound_token(edge))).status);
	const auto requests = started_->requests();
	ASSERT_EQ(2u, requests.size());
	EXPECT_EQ(1ull << kEdge, requests[0].identity.roles);
	EXPECT_EQ(1ull << kEdge | 1ull << kReader, requests[1].identity.roles);
	EXPECT_EQ("https://as.example", requests[1].identity.issuer);
	EXPECT_EQ("token-1", requests[1].identity.token_id);
}

TEST_F(PortHonest, OneByteRecordsAreSlowButRight)
{
	set_up();
	const Reply reply = test::ask(kClient, port_, billing(), lease_request(billing()), [](SSL* ssl, const std::string& request) {
		for (const char byte : request)
			SSL_write(ssl, &byte, 1);
	});
	EXPECT_EQ(200u, reply.status) << reply.error;
}

TEST_F(PortHonest, WhatTheDaemonDeniesIsPassedOn)
{
	set_up();
	const auto deny = [this](port::DenialKind kind, std::uint64_t retry_after) {
		started_->answer_by([=](const port::LeaseRequest& request) {
			return port::LeaseAnswer{request.id, port::Denied{kind, "each-identity", "It has as many leases as it may.", retry_after}};
		});
		return ask(billing());
	};
	const Reply many = deny(port::DenialKind::kTooMany, 30);
	EXPECT_EQ(429u, many.status);
	EXPECT_EQ("30", many.fields.at("retry-after"));
	EXPECT_EQ("each-identity", many.body["refused"]);
	EXPECT_EQ(503u, deny(port::DenialKind::kUnavailable, 1).status);
	const Reply never = deny(port::DenialKind::kForbidden, 0);
	EXPECT_EQ(403u, never.status);
	EXPECT_FALSE(never.fields.contains("retry-after"));
}

TEST_F(PortHonest, ADaemonThatIsSilentCostsTheClientAnotherTry)
{
	set_up();
	started_->answer_by([](const port::LeaseRequest&) { return std::nullopt; });
	const Reply silent = ask(billing());
	EXPECT_EQ(503u, silent.status);
	EXPECT_EQ("not-ready", silent.body["refused"]);
	EXPECT_EQ("1", silent.fields.at("retry-after"));
	EXPECT_LT(silent.took, std::chrono::seconds(5));
	// An answer that comes too late, or to nobody, hurts nobody.
	started_->answer_by([](const port::LeaseRequest&) { return port::LeaseAnswer{4711, port::Granted{"192.0.2.1", 60, false}}; });
	EXPECT_EQ(503u, ask(billing()).status);
	started_->answer_by([](const port::LeaseRequest& request) { return port::LeaseAnswer{request.id, port::Granted{"192.0.2.1", 60, true}}; });
	EXPECT_EQ(200u, ask(billing()).status);
}

}  // namespace
}  // namespace sluice::test
