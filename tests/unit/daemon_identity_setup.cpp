// From a policy to what the identity port works by: every file as it is now, every role as the bit that the kernel knows.
#include <gtest/gtest.h>

#include "base/file.h"
#include "daemon/identity_setup.h"
#include "policy/compile.h"
#include "port/plausible.h"
#include "support/tree.h"
#include "unit/policy_text.h"

namespace sluice::daemon {
namespace {

const std::string kPem = *read_file(test::in_tree("tests/data/pki/prod.pem"));

policy::Policy policy_of(const std::string& port)
{
	return policy::right_policy("identity:\n"
				    "  trust-domains: [{name: prod.example, authorities: [a.pem], crls: [a.crl, gone.crl]}]\n"
				    "  pkis:\n"
				    "    - name: partners\n"
				    "      authorities: a.pem\n"
				    "      names:\n"
				    "        - {dns: a.partner.example, identity: partner-a}\n"
				    "        - {fingerprint: \"0f" + std::string(60, '0') + "a1\", identity: partner-b}\n"
				    "  issuers: [{name: \"https://as.example\", keys: as.jwks, audiences: [api], algorithms: [ES256]}]\n"
				    "  roles:\n"
				    "    - {name: reader, identities: [partner-a], scopes: [read]}\n"
				    "    - {name: operator, claims: [{path: [realm, roles], value: operator}]}\n"
				    "  port: {" + port + "}\n"
				    "services:\n"
				    "  - {name: api, protocol: tcp, ports: [443], admit: {roles: [reader], identities: [\"spiffe://prod.example/**\"]}}\n",
				    {{"/etc/sluice/a.pem", kPem}});
}

std::vector<sluice_name> names_of(const std::vector<std::string>& names)
{
	std::vector<sluice_name> all(SLUICE_ROLE_FIRST + names.size());
	for (std::size_t i = 0; i < names.size(); i++)
		names[i].copy(all[SLUICE_ROLE_FIRST + i].text, SLUICE_NAME_SIZE - 1);
	return all;
}

Result<std::string> read(const std::string& path)
{
	if (path.ends_with("gone.crl"))
		return Error(ErrorCode::kNotFound, "no such file");
	return "content of " + path;
}

const std::string kFiles = "certificate: port.pem, key: port.key";

TEST(DaemonIdentitySetup, FilesAreReadWhenItIsMade)
{
	const port::Setup setup = identity_setup(policy_of(kFiles), {}, 7, read);
	EXPECT_EQ(7u, setup.serial);
	EXPECT_EQ(std::vector<std::string>{"[::]:8440"}, setup.listeners);
	EXPECT_EQ((port::File{"/etc/sluice/port.pem", "content of /etc/sluice/port.pem", ""}), setup.certificate);
	EXPECT_EQ("content of /etc/sluice/port.key", setup.key.text);
	ASSERT_EQ(1u, setup.trust_domains.size());
	const port::Anchors& domain = setup.trust_domains[0];
	EXPECT_EQ("prod.example", domain.name);
	EXPECT_EQ(kPem, domain.authorities.at(0).text) << "as the policy was read";
	EXPECT_EQ("content of /etc/sluice/a.crl", domain.crls.at(0).text);
	EXPECT_EQ((port::File{"/etc/sluice/gone.crl", "", "no such file"}), domain.crls.at(1));
	EXPECT_EQ("content of /etc/sluice/as.jwks", setup.issuers.at(0).keys.text);
	EXPECT_EQ(std::vector<identity::Algorithm>{identity::Algorithm::kEs256}, setup.issuers[0].algorithms);
	ASSERT_EQ(2u, setup.pkis.at(0).mappings.size());
	EXPECT_EQ("a.partner.example", std::get<identity::Name>(setup.pkis[0].mappings[0].by).value);
	const auto& digest = std::get<identity::Thumbprint>(setup.pkis[0].mappings[1].by).digest;
	EXPECT_EQ(0x0f, digest.front());
	EXPECT_EQ(0xa1, digest.back());
	EXPECT_TRUE(port::parse_to_port(port::encode(setup)));
}

TEST(DaemonIdentitySetup, RolesAreTheBitsOfTheGenerationThatRuns)
{
	const auto names = names_of({"operator", "api/identities", "reader"});
	const port::Setup setup = identity_setup(policy_of(kFiles), names, 1, read);
	ASSERT_EQ(4u, setup.roles.size());
	EXPECT_EQ("partner-a", std::get<identity::NamePattern>(setup.roles[0].by).text);
	EXPECT_EQ(SLUICE_ROLE_FIRST + 2u, setup.roles[0].role);
	EXPECT_EQ("read", std::get<identity::Scope>(setup.roles[1].by).word);
	EXPECT_EQ("operator", std::get<identity::ClaimValue>(setup.roles[2].by).value);
	EXPECT_EQ(SLUICE_ROLE_FIRST + 0u, setup.roles[2].role);
	EXPECT_EQ("spiffe://prod.example/**", std::get<identity::NamePattern>(setup.roles[3].by).text);
	EXPECT_EQ(SLUICE_ROLE_FIRST + 1u, setup.roles[3].role);

	auto fewer = names;
	fewer[SLUICE_ROLE_FIRST].retired = 1;
	EXPECT_EQ(3u, identity_setup(policy_of(kFiles), fewer, 1, read).roles.size()) << "a retired bit is nobody's";
	EXPECT_TRUE(identity_setup(policy_of(kFiles), {}, 1, read).roles.empty());
}

TEST(DaemonIdentitySetup, WhatThePolicyDemands)
{
	const auto demand = [](const std::string& more) { return identity_setup(policy_of(kFiles + more), {}, 1, read).demand; };
	EXPECT_FALSE(demand("").token);
	EXPECT_FALSE(demand("").unbound_is_enough);
	EXPECT_TRUE(demand(", token: needed").token);
	EXPECT_TRUE(demand(", unbound-tokens: accepted").unbound_is_enough);
}

}  // namespace
}  // namespace sluice::daemon
