// Identities in a policy: roles as bits that keep their numbers, what is part of the meaning, and what a diff says.
#include <gtest/gtest.h>

#include "base/file.h"
#include "policy/compile.h"
#include "policy/diff.h"
#include "policy/digest.h"
#include "policy/identity_changes.h"
#include "policy/numbering.h"
#include "support/tree.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

const std::string kPem = *read_file(test::in_tree("tests/data/pki/prod.pem"));

Policy policy_with(const std::string& roles, const std::string& services, const std::string& pem = kPem)
{
	return right_policy("identity:\n  trust-domains: [{name: prod.example, authorities: [a.pem]}]\n  roles: [" + roles + "]\nservices:\n" + services,
			    {{"/etc/sluice/a.pem", pem}});
}

std::string role(const std::string& name)
{
	return "{name: " + name + ", scopes: [" + name + "]}";
}

std::string service(const std::string& terms)
{
	return "  - {name: api, protocol: tcp, ports: [443], " + terms + "}\n";
}

Image compiled_after(const Policy& policy, const Image& before)
{
	auto image = compile(policy, inherit(1, {before.service_names, before.rule_names, before.role_names}, before.limits), {.bucket_sets = 1u << 19});
	EXPECT_TRUE(image) << image.error().sentence();
	return std::move(*image);
}

std::uint64_t bit(const Image& image, const std::string& name)
{
	for (std::size_t number = SLUICE_ROLE_FIRST; number < image.role_names.size(); number++) {
		if (text_of(image.role_names[number]) == name && image.role_names[number].retired == 0)
			return 1ull << number;
	}
	return 0;
}

// All of an image that says how packets are judged, as bytes.
std::string maps_of(const Image& image)
{
	std::string all(reinterpret_cast<const char*>(&image.config), sizeof image.config);
	const auto add = [&all](const auto& values) { all.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]); };
	for (unsigned family = 0; family < SLUICE_FAMILIES; family++) {
		add(image.sources[family].blocks);
		add(image.destinations[family].blocks);
	}
	add(image.classes);
	add(image.ports);
	add(image.groups);
	add(image.targets);
	add(image.services);
	add(image.limits);
	add(image.service_names);
	add(image.rule_names);
	add(image.role_names);
	return all;
}

TEST(PolicyIdentity, AServiceAdmitsAMaskOfItsRolesAndOneOfItsOwn)
{
	const Image image = compiled_after(policy_with(role("reader") + ", " + role("writer"),
						       service("admit: {roles: [writer], identities: [\"spiffe://prod.example/a\"]}, each-identity: {packets: 5/s}")), {});
	const sluice_service& api = image.services.at(SLUICE_SERVICE_FIRST);
	EXPECT_EQ(SLUICE_ADMIT_ROLES, api.admit);
	EXPECT_EQ(bit(image, "writer") | bit(image, "api/identities"), api.roles);
	EXPECT_NE(0u, bit(image, "reader"));
	EXPECT_EQ(0u, api.roles & 1) << "bit 0 is nobody's";
	EXPECT_TRUE(image.config.by_identity);
	EXPECT_EQ(SLUICE_SCOPE_IDENTITY, image.limits.at(api.each_identity).scope);
	const Image plain = compiled_after(policy_with(role("reader"), service("admit: anyone")), {});
	EXPECT_FALSE(plain.config.by_identity) << "nobody asks, and the program has no instruction for it";
}

TEST(PolicyIdentity, ARoleKeepsItsNumber)
{
	const std::string anyone = service("admit: anyone");
	const Image first = compiled_after(policy_with(role("a") + ", " + role("b"), anyone), {});
	const Image second = compiled_after(policy_with(role("c") + ", " + role("b"), anyone), first);
	EXPECT_EQ(bit(first, "b"), bit(second, "b"));
	EXPECT_EQ(0u, bit(second, "c") & (bit(first, "a") | bit(first, "b"))) << "a newcomer takes no number that leases may still have";
	EXPECT_EQ(bit(second, "c"), renamed_roles(first.role_names, second.role_names));
	const Image third = compiled_after(policy_with(role("a"), anyone), second);
	EXPECT_EQ(bit(first, "a"), bit(third, "a"));
}

TEST(PolicyIdentity, AuthoritiesAndRolesAreMeaning)
{
	const std::string anyone = service("admit: anyone");
	const auto digest = [](const Policy& policy) { return *digest_of(policy, listing_of(policy)); };
	const auto base = digest(policy_with(role("a"), anyone));
	EXPECT_EQ(base, digest(policy_with(role("a"), anyone)));
	EXPECT_NE(base, digest(policy_with(role("a"), anyone, kPem + kPem))) << "another set of authorities";
	EXPECT_NE(base, digest(policy_with("{name: a, scopes: [b]}", anyone)));
	EXPECT_NE(digest(policy_with(role("a") + ", " + role("b"), service("admit: {roles: [a]}"))),
		  digest(policy_with(role("a") + ", " + role("b"), service("admit: {roles: [b]}"))));
}

TEST(PolicyIdentity, ThePortIsMeaningButNoPartOfTheImage)
{
	const auto with = [](const std::string& port) {
		return right_policy("identity:\n  trust-domains: [{name: prod.example, authorities: [a.pem]}]\n" + port + "services:\n" + service("admit: anyone"),
				    {{"/etc/sluice/a.pem", kPem}});
	};
	const auto digest = [](const Policy& policy) { return *digest_of(policy, listing_of(policy)); };
	const Policy none = with("");
	const Policy one = with("  port: {certificate: c.pem, key: c.key}\n");
	const Policy other = with("  port: {certificate: c.pem, key: c.key, listen: \"[::]:8441\"}\n");
	EXPECT_NE(digest(none), digest(one));
	EXPECT_NE(digest(one), digest(other));
	EXPECT_EQ(digest(one), digest(with("  port: {certificate: c.pem, key: c.key, listen: \"[::]:8440\", token: optional, unbound-tokens: refused}\n")));
	EXPECT_EQ((std::vector<std::string>{"/etc/sluice/c.pem", "/etc/sluice/c.key"}),
		  std::vector<std::string>(one.files.end() - 2, one.files.end())) << "both are watched";
	EXPECT_EQ(maps_of(compiled_after(none, {})), maps_of(compiled_after(one, {})));
	const Changes changes = identity_changes(none, one);
	ASSERT_EQ(1u, changes.size());
	EXPECT_EQ("port", changes[0].subject);
	EXPECT_EQ("[::]:8440, certificate /etc/sluice/c.pem, key /etc/sluice/c.key, token optional, unbound tokens refused", changes[0].after);
}

TEST(PolicyIdentity, WhoMayAskForOthersIsMeaningButNoPartOfTheImage)
{
	const auto with = [](const std::string& more) {
		return right_policy("identity:\n  trust-domains: [{name: prod.example, authorities: [a.pem]}]\n" + more + "services:\n" + service("admit: anyone"),
				    {{"/etc/sluice/a.pem", kPem}});
	};
	const auto digest = [](const Policy& policy) { return *digest_of(policy, listing_of(policy)); };
	const Policy none = with("");
	const Policy one = with("  authorize: {callers: {users: www-data}}\n");
	EXPECT_NE(digest(none), digest(one));
	EXPECT_NE(digest(one), digest(with("  authorize: {callers: {groups: www-data}}\n")));
	EXPECT_NE(digest(one), digest(with("  authorize: {callers: {users: www-data}, socket: /run/a.sock}\n")));
	EXPECT_EQ(digest(one), digest(with("  authorize: {callers: {users: [www-data]}, socket: /run/sluice/authorize.sock, token: optional}\n")));
	const Policy limited = with("  authorize: {callers: {users: www-data}, each-key: {header: X-Api-Key, requests: 100/m, burst: 20}}\n");
	EXPECT_NE(digest(one), digest(limited));
	EXPECT_NE(digest(one), digest(with("  authorize: {callers: {users: www-data}, anonymous: accepted}\n")));
	EXPECT_EQ("/run/sluice/authorize.sock, users www-data, token optional, unbound tokens refused, anonymous refused, each X-Api-Key 100/m, burst 20 requests",
		  identity_changes(none, limited).at(0).after);
	EXPECT_EQ(maps_of(compiled_after(none, {})), maps_of(compiled_after(limited, {})));
	const Changes changes = identity_changes(none, one);
	ASSERT_EQ(1u, changes.size());
	EXPECT_EQ("authorize", changes[0].subject);
	EXPECT_EQ("/run/sluice/authorize.sock, users www-data, token optional, unbound tokens refused, anonymous refused", changes[0].after);
}

TEST(PolicyIdentity, ADiffSaysWhoHasARole)
{
	const std::string anyone = service("admit: anyone");
	const Changes changes = identity_changes(policy_with(role("a") + ", " + role("b"), anyone), policy_with("{name: b, scopes: [x]}, " + role("c"), anyone));
	ASSERT_EQ(3u, changes.size());
	EXPECT_EQ("role a", changes[0].subject);
	EXPECT_EQ(ChangeKind::kRemoved, changes[0].kind);
	EXPECT_EQ("role b", changes[1].subject);
	EXPECT_EQ("scopes b", changes[1].before);
	EXPECT_EQ("scopes x", changes[1].after);
	EXPECT_EQ(ChangeKind::kAdded, changes[2].kind);
	EXPECT_TRUE(identity_changes(policy_with(role("a"), anyone), policy_with(role("a"), anyone)).empty());
}

TEST(PolicyIdentity, RevocationFilesAreNamedAndNotWatchedWithThePolicy)
{
	const std::string text = "identity:\n  trust-domains: [{name: prod.example, authorities: [a.pem]}]\n";
	const Policy one = right_policy(text + "  revocations: revoked.list\n", {{"/etc/sluice/a.pem", kPem}});
	EXPECT_EQ(one.identities.revocations, std::vector<std::string>{"/etc/sluice/revoked.list"});
	EXPECT_EQ(std::count(one.files.begin(), one.files.end(), "/etc/sluice/revoked.list"), 0);
	EXPECT_EQ(one.files.size(), 2u) << "near miss: the authorities' file is";
	const Policy two = right_policy(text + "  revocations: [revoked.list, /var/lib/revoked]\n", {{"/etc/sluice/a.pem", kPem}});
	EXPECT_EQ(two.identities.revocations.size(), 2u);
	EXPECT_NE(*digest_of(one, listing_of(one)), *digest_of(two, listing_of(two)));
	const Changes changes = identity_changes(one, two);
	ASSERT_EQ(changes.size(), 1u);
	EXPECT_EQ(changes[0].subject, "revocations");
}

TEST(PolicyIdentity, TransmittersOfEvents)
{
	const auto with = [](const std::string& terms) {
		return right_policy("identity:\n  trust-domains: [{name: prod.example, authorities: [a.pem]}]\n  port: {certificate: a.pem, key: a.key}\n"
				    "  events: [{name: \"https://idp.example\", keys: idp.jwks, audiences: gate, algorithms: ES256" + terms + "}]\n",
				    {{"/etc/sluice/a.pem", kPem}});
	};
	const Policy one = with("");
	ASSERT_EQ(one.identities.transmitters.size(), 1u);
	EXPECT_EQ(one.identities.transmitters[0].keys.path, "/etc/sluice/idp.jwks");
	EXPECT_FALSE(one.identities.transmitters[0].certificates);
	EXPECT_EQ(std::count(one.files.begin(), one.files.end(), "/etc/sluice/idp.jwks"), 1) << "followed like other key sets";
	for (const char* terms : {", certificates: accepted", ", subjects: [\"spiffe://prod.example/**\"]"}) {
		const Policy two = with(terms);
		EXPECT_NE(*digest_of(one, listing_of(one)), *digest_of(two, listing_of(two))) << terms;
		const Changes changes = identity_changes(one, two);
		ASSERT_EQ(changes.size(), 1u) << terms;
		EXPECT_EQ(changes[0].subject, "events of https://idp.example");
	}
}

}  // namespace
}  // namespace sluice::policy
