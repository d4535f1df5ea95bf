// Which line of which file lists an address: against a linear search over the policy.
#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <random>

#include "policy/provenance.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

net::Address address(const std::string& text)
{
	return *net::Address::parse(text);
}

// "198.51.100.0/24 at list:2"; empty: nothing lists it.
std::string found(const Provenance& provenance, const std::string& source)
{
	const auto listing = provenance.find(address(source));
	return listing ? listing->prefix.to_string() + " at " + listing->file + ":" + std::to_string(listing->line) : "";
}

TEST(Provenance, NamesTheLongestPrefixWithItsFileAndLine)
{
	const Policy policy = right_policy(
	    "sources:\n"
	    "  - {name: scanners, action: deny, files: [one.netset, two.netset], prefixes: [\"2001:db8::/32\"]}\n"
	    "  - {name: partners, action: allow, prefixes: [198.51.100.64/26]}\n",
	    {{"/etc/sluice/one.netset", "# a comment\n198.51.100.0/24\n\n203.0.113.9\n"},
	     {"/etc/sluice/two.netset", "198.51.100.0/24\n2001:db8:7::/48\n0.0.0.0/0\n"}});
	const Provenance provenance(policy);
	EXPECT_EQ(found(provenance, "198.51.100.7"), "198.51.100.0/24 at /etc/sluice/one.netset:2") << "of the same twice, the first";
	EXPECT_EQ(found(provenance, "198.51.100.65"), "198.51.100.64/26 at /etc/sluice/policy.yaml:4");
	EXPECT_EQ(found(provenance, "198.51.100.63"), "198.51.100.0/24 at /etc/sluice/one.netset:2") << "near miss: before the longer one";
	EXPECT_EQ(found(provenance, "203.0.113.9"), "203.0.113.9 at /etc/sluice/one.netset:4");
	EXPECT_EQ(found(provenance, "203.0.113.8"), "0.0.0.0/0 at /etc/sluice/two.netset:3") << "near miss: its neighbour";
	EXPECT_EQ(found(provenance, "2001:db8:7::1"), "2001:db8:7::/48 at /etc/sluice/two.netset:2");
	EXPECT_EQ(found(provenance, "2001:db8:8::1"), "2001:db8::/32 at /etc/sluice/policy.yaml:3");
	EXPECT_EQ(found(provenance, "2001:db9::1"), "") << "0.0.0.0/0 is IPv4's";
}

TEST(Provenance, KnowsWhereFailsafeEntriesAre)
{
	const Provenance provenance(right_policy("failsafe:\n"
						 "  - {protocol: tcp, port: 22, from: [192.0.2.1]}\n"
						 "  - {protocol: icmp, from: [192.0.2.1]}\n"));
	ASSERT_TRUE(provenance.failsafe(1));
	EXPECT_EQ(provenance.failsafe(1)->line, 4u);
	EXPECT_EQ(provenance.failsafe(0)->line, 3u);
	EXPECT_FALSE(provenance.failsafe(2));
}

TEST(Provenance, AgreesWithALinearSearch)
{
	std::mt19937 engine(20261124);
	Policy policy;
	policy.files = {"policy", "list"};
	policy.sources.emplace_back();
	for (std::uint32_t line = 1; line <= 3000; line++) {
		std::array<std::uint8_t, 16> bytes{};
		const bool ipv4 = engine() % 2 == 0;
		if (ipv4)
			bytes[10] = bytes[11] = 0xff;
		for (std::size_t i = ipv4 ? 12 : 0; i < 16; i++)
			bytes[i] = static_cast<std::uint8_t>(engine() % 3);
		const unsigned length = static_cast<unsigned>(engine() % (ipv4 ? 33 : 129));
		policy.sources[0].prefixes.push_back({net::Prefix::of(net::Address::from_bytes(bytes), length), line, 1});
	}
	const Provenance provenance(policy);
	for (int i = 0; i < 2000; i++) {
		const net::Address source = policy.sources[0].prefixes[engine() % 3000].prefix.address();
		const ListedPrefix* longest = nullptr;
		for (const ListedPrefix& listed : policy.sources[0].prefixes) {
			if (listed.prefix.contains(source) && (longest == nullptr || listed.prefix.length() > longest->prefix.length()))
				longest = &listed;
		}
		const auto listing = provenance.find(source);
		ASSERT_TRUE(listing && longest != nullptr) << source.to_string();
		EXPECT_EQ(listing->prefix, longest->prefix) << source.to_string();
		EXPECT_EQ(listing->line, longest->line) << source.to_string();
	}
}

TEST(Provenance, TakesTenBytesAnIpv4Prefix)
{
	Policy policy;
	policy.sources.emplace_back();
	for (std::uint32_t i = 0; i < 100'000; i++) {
		const sluice_addr addr{{0, 0, htonl(0xffff), htonl(0x0a000000 + i)}};
		policy.sources[0].prefixes.push_back({net::Prefix::of(net::Address::from_abi(addr), 32), i, 0});
	}
	EXPECT_LT(Provenance(policy).bytes(), 100'000u * 10 + 1000);
}

}  // namespace
}  // namespace sluice::policy
