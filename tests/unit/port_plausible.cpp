// What the daemon believes of an identity port that may have fallen: nothing beyond the setup that it was given.
#include <gtest/gtest.h>

#include "port/plausible.h"

namespace sluice::port {
namespace {

port::Setup setup_of(bool token, bool unbound)
{
	port::Setup setup;
	setup.certificate.path = "port.pem";
	setup.trust_domains = {{"prod.example", {}, {}}};
	setup.pkis.push_back({{"partners", {}, {}}, {{identity::Name{identity::NameKind::kDns, "a.example"}, "partner-a"}}});
	setup.issuers.push_back({"https://as.example", {}, {"api"}, {}});
	setup.roles = {{identity::Scope{"read"}, 3}, {identity::NamePattern{"partner-a"}, 5}};
	setup.demand = {token, unbound};
	return setup;
}

identity::Identity of_certificate(const std::string& name, const std::string& authority)
{
	identity::Identity one;
	one.name = name;
	one.authority = authority;
	one.thumbprint = identity::Thumbprint();
	return one;
}

bool is_plausible(const identity::Identity& identity, const port::Setup& setup)
{
	return static_cast<bool>(check_plausible(LeaseRequest{1, identity, Visitor{}}, setup));
}

TEST(PortPlausible, WhatAnAuthorityCanVouchFor)
{
	const port::Setup setup = setup_of(false, false);
	EXPECT_TRUE(is_plausible(of_certificate("spiffe://prod.example/a", "prod.example"), setup));
	EXPECT_TRUE(is_plausible(of_certificate("partner-a", "partners"), setup));

	EXPECT_FALSE(is_plausible(of_certificate("spiffe://other.example/a", "other.example"), setup)) << "not configured";
	EXPECT_FALSE(is_plausible(of_certificate("spiffe://other.example/a", "prod.example"), setup)) << "another's";
	EXPECT_FALSE(is_plausible(of_certificate("spiffe://prod.example", "prod.example"), setup)) << "the domain itself";
	EXPECT_FALSE(is_plausible(of_certificate("partner-b", "partners"), setup)) << "not mapped";
	EXPECT_FALSE(is_plausible(of_certificate("partner-a", "prod.example"), setup)) << "mapped by another";
	EXPECT_FALSE(is_plausible(of_certificate("spiffe://prod.example/a", "partners"), setup)) << "a PKI vouches for no SPIFFE ID";
}

TEST(PortPlausible, RolesOfThePolicyOnly)
{
	identity::Identity one = of_certificate("partner-a", "partners");
	one.roles = 1u << 3 | 1u << 5;
	EXPECT_TRUE(is_plausible(one, setup_of(false, false)));
	one.roles |= 1u << 4;
	EXPECT_FALSE(is_plausible(one, setup_of(false, false)));
}

TEST(PortPlausible, TokensAsPolicyDemandsThem)
{
	identity::Identity one = of_certificate("partner-a", "partners");
	EXPECT_FALSE(is_plausible(one, setup_of(true, false))) << "no token";
	one.issuer = "https://as.example";
	EXPECT_TRUE(is_plausible(one, setup_of(true, false)));
	one.issuer = "https://other.example";
	EXPECT_FALSE(is_plausible(one, setup_of(true, false)));

	identity::Identity alone;
	alone.name = "https://as.example#client";
	alone.authority = alone.issuer = "https://as.example";
	EXPECT_TRUE(is_plausible(alone, setup_of(true, true)));
	EXPECT_FALSE(is_plausible(alone, setup_of(true, false))) << "tokens without their certificate are refused";
	alone.name = "spiffe://prod.example/a";
	EXPECT_FALSE(is_plausible(alone, setup_of(true, true)));
}

TEST(PortPlausible, FlowsAsGatewaysMayReportThem)
{
	const identity::Identity one = of_certificate("partner-a", "partners");
	port::Setup setup = setup_of(true, false);
	const auto is_flow_plausible = [&] { return static_cast<bool>(check_plausible(LeaseRequest{1, one, net::Flow{}}, setup)); };
	EXPECT_FALSE(is_flow_plausible()) << "there are no gateways";
	setup.authorization.emplace();
	EXPECT_TRUE(is_flow_plausible()) << "what is demanded of the port's own clients is another thing";
	setup.authorization->demand.token = true;
	EXPECT_FALSE(is_flow_plausible());
	setup = setup_of(false, false);
	setup.certificate.path.clear();
	EXPECT_FALSE(is_plausible(one, setup)) << "there is no port";
}

TEST(PortPlausible, WhatATransmitterMaySay)
{
	port::Setup setup = setup_of(false, false);
	setup.transmitters.push_back({setup.issuers[0], {{"spiffe://prod.example/**"}, false}});
	const auto says = [&](const std::string& issuer, const std::string& subject) {
		return check_plausible(identity::SecurityEvent{issuer, "e", "session-revoked", subject}, setup).has_value();
	};
	EXPECT_TRUE(says("https://as.example", "spiffe://prod.example/a"));
	EXPECT_TRUE(says("https://as.example", "https://as.example#alice"));
	EXPECT_FALSE(says("https://as.example", "spiffe://other.example/a")) << "of whom it may not speak";
	EXPECT_FALSE(says("https://as.example", "sha256:" + std::string(64, '0'))) << "certificates only where policy says so";
	EXPECT_FALSE(says("https://other.example", "spiffe://prod.example/a")) << "not configured";
}

}  // namespace
}  // namespace sluice::port
