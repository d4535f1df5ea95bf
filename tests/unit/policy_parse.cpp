#include <chrono>

#include "policy/yaml.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

TEST(PolicyParse, TheExampleOfTheDocumentation)
{
	const Policy policy = right_policy(R"(
mode: observe
default: deny
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/24, "2001:db8:1::/48"]}
limits:
  public:  {packets: 2000/s, burst: 4000, connections: 50/s}
  partner: {packets: 50k/s, bits: 1G/s}
sources:
  - {name: scanners, action: deny,  files: [lists/scanners.netset]}
  - {name: partners, action: allow, prefixes: [198.51.100.0/24], limit: partner}
services:
  - name: api
    protocol: tcp
    ports: [443, 8000-8099]
    addresses: [203.0.113.10]
    each-source: public
    each-prefix: {ipv4: 20, ipv6: 40, limit: {packets: 20k/s}}
    all-sources: {packets: 500k/s, keys: 5}
    admit: listed
    exceeded: drop
fragments: {each-source: {packets: 10/s}}
)",
	                                   {{"/etc/sluice/lists/scanners.netset", "203.0.113.64/26\n"}});
	EXPECT_EQ(policy.mode, Mode::kObserve);
	EXPECT_EQ(policy.default_action, Action::kDeny);
	ASSERT_EQ(policy.failsafe.size(), 1u);
	EXPECT_EQ(policy.failsafe[0].protocol, net::kTcp);
	EXPECT_EQ(policy.failsafe[0].from.size(), 2u);
	ASSERT_EQ(policy.sources.size(), 2u);
	EXPECT_EQ(policy.sources[0].prefixes[0].prefix.to_string(), "203.0.113.64/26");
	EXPECT_EQ(policy.files[policy.sources[0].prefixes[0].file], "/etc/sluice/lists/scanners.netset");
	EXPECT_EQ(policy.sources[1].limit->bits->rate, (net::Rate{1'000'000'000, 1}));
	ASSERT_EQ(policy.services.size(), 1u);
	const Service& api = policy.services[0];
	EXPECT_EQ(api.ports[1], (net::PortRange{8000, 8099}));
	EXPECT_EQ(api.each_source->limit.packets->burst, 4000u);
	EXPECT_EQ(api.each_source->limit.connections->burst, 50u);
	EXPECT_EQ(api.each_source->ipv6_length, 64u);
	EXPECT_EQ(api.each_prefix->ipv4_length, 20u);
	EXPECT_EQ(api.all_sources->keys, 5u);
	EXPECT_EQ(api.admit, Admit::kListed);
	EXPECT_EQ(api.place.line, 14u);
	EXPECT_EQ(policy.fragments.action, Action::kAllow);
	EXPECT_TRUE(policy.fragments.each_source);
}

TEST(PolicyParse, LimitsMayStandBehindWhatNamesThem)
{
	const Policy policy = right_policy("services: [{name: a, protocol: udp, each-source: late}]\nlimits: {late: {packets: 7/s}}\n");
	EXPECT_EQ(policy.services[0].each_source->limit.packets->rate.count, 7u);
}

TEST(PolicyParse, BurstIsWhatARateGivesInASecond)
{
	const Policy policy = right_policy("limits: {slow: {packets: 30/m}, fast: {packets: 7k/s}, thin: {bits: 1k/s}}\n");
	EXPECT_EQ(policy.limits.at("slow").packets->burst, 1u);
	EXPECT_EQ(policy.limits.at("fast").packets->burst, 7000u);
	EXPECT_EQ(policy.limits.at("thin").bits->burst, 12112u) << "one full frame, or nothing would pass";
}

TEST(PolicyParse, WhatAnAlgorithmAdmitsAtOnceWhereNothingIsWritten)
{
	const auto limit = [](const std::string& text) { return right_policy("limits: {l: {" + text + "}}\n").limits.at("l"); };
	EXPECT_EQ(limit("packets: 2000/s").algorithm, SLUICE_TOKEN_BUCKET);
	const Limit even = limit("packets: 2000/s, bits: 8M/s, connections: 30/m, algorithm: leaky-bucket");
	EXPECT_EQ(even.algorithm, SLUICE_LEAKY_BUCKET);
	EXPECT_EQ(even.packets->burst, 8u) << "a tick of the clock";
	EXPECT_EQ(even.bits->burst, 32'000u);
	EXPECT_EQ(even.connections->burst, 1u);
	EXPECT_EQ(limit("packets: 2000/s, burst: 5, algorithm: leaky-bucket").packets->burst, 5u);
	EXPECT_EQ(limit("packets: 2000/m, algorithm: fixed-window").packets->burst, 2000u) << "all of the window";
	EXPECT_EQ(limit("connections: 64/h, algorithm: sliding-log").connections->burst, 64u);
}

TEST(PolicyParse, EachQuantityMayHaveItsOwnBurst)
{
	const Policy policy = right_policy("limits: {l: {bits: {rate: 1M/s, burst: 2M}, connections: {rate: 5/s, burst: 9}}}\n");
	EXPECT_EQ(policy.limits.at("l").bits->burst, 2'000'000u);
	EXPECT_EQ(policy.limits.at("l").connections->burst, 9u);
}

TEST(PolicyParse, EachSourceMayHaveItsOwnLengths)
{
	const Policy policy = right_policy("services: [{name: a, protocol: udp, each-source: {ipv4: 28, limit: {packets: 7/s}}}]\n");
	EXPECT_EQ(policy.services[0].each_source->ipv4_length, 28u);
	EXPECT_EQ(policy.services[0].each_source->ipv6_length, 64u);
}

TEST(PolicyParse, RelativeListsBeginAtThePolicy)
{
	const std::string text = "version: 1\nsources: [{name: a, action: deny, files: [../b.txt, /c.txt]}]\n";
	const Parsed parsed = parse_text(text, {{"/etc/b.txt", "192.0.2.1"}, {"/c.txt", "192.0.2.2"}});
	EXPECT_TRUE(parsed.policy) << all_of(parsed.diagnostics);
	EXPECT_EQ(parsed.files, (std::vector<std::string>{"/etc/sluice/policy.yaml", "/etc/b.txt", "/c.txt"}));
	const Parsed relative = parse_text("version: 1\nsources: [{name: a, action: deny, files: b.txt}]\n", {{"b.txt", "192.0.2.1"}}, "policy.yaml");
	EXPECT_TRUE(relative.policy) << all_of(relative.diagnostics);
}

TEST(PolicyParse, ListsAreWatchedAlsoWhenThePolicyIsWrong)
{
	const Parsed parsed = parse_text("version: 1\nmood: x\nsources: [{name: a, action: deny, files: [gone.txt]}]\n");
	EXPECT_FALSE(parsed.policy);
	EXPECT_EQ(parsed.diagnostics.size(), 2u) << all_of(parsed.diagnostics);
	EXPECT_EQ(parsed.files.size(), 2u);
}

TEST(PolicyParse, EverythingThatIsWrongIsSaidAtOnce)
{
	const Parsed parsed = parse_text("mood: x\ndefault: perhaps\nservices:\n  - {name: a b, protocol: tcpp, ports: [0], each-source: nope}\n");
	EXPECT_EQ(all_of(parsed.diagnostics),
	          "/etc/sluice/policy.yaml:1:1: error: unknown key 'mood' in a policy (did you mean 'mode'?)\n"
	          "/etc/sluice/policy.yaml:1:1: error: version is missing (begin with version: 1)\n"
	          "/etc/sluice/policy.yaml:2:10: error: default is 'perhaps' (write one of allow, deny)\n"
	          "/etc/sluice/policy.yaml:4:12: error: name 'a b' is not a name (at most 40 of letters, digits, '.', '_' and '-')\n"
	          "/etc/sluice/policy.yaml:4:27: error: protocol: 'tcpp' is not a protocol (write tcp, udp, icmp, icmpv6, gre, esp, sctp, or a "
	          "number from 0 to 255)\n"
	          "/etc/sluice/policy.yaml:4:41: error: ports: '0' names port 0, which no service has (write a port from 1 to 65535, or FIRST-LAST)\n"
	          "/etc/sluice/policy.yaml:4:58: error: each-source names the limit 'nope', which is not there (define it under 'limits', or write "
	          "{packets: 2000/s} in its place)\n");
}

TEST(PolicyParse, MoreErrorsThanAnybodyReadsAreCounted)
{
	std::string text = "version: 1\n";
	for (int i = 0; i < 300; i++)
		text += "key" + std::to_string(i) + ": 1\n";
	const Parsed parsed = parse_text(text);
	ASSERT_EQ(parsed.diagnostics.size(), 201u);
	EXPECT_EQ(parsed.diagnostics.back().message, "100 more errors are not shown");
}

TEST(PolicyParse, NothingMultipliesAndNothingNestsWithoutEnd)
{
	const std::string deep(200'000, '[');
	std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
	for (char c = 'b'; c < 'z'; c++)
		bomb += std::string(1, c) + ": &" + c + " [*" + char(c - 1) + ",*" + char(c - 1) + "]\n";
	const std::string wide = "[" + std::string(2u << 20, ',') + "]";
	const std::string maps = "version: " + std::string(100'000, '{');
	const std::string large(kMostPolicyBytes + 1, ' ');
	const auto start = std::chrono::steady_clock::now();
	for (const std::string& text : {deep, bomb, wide, maps, large, std::string("a: *a"), std::string("\0\0\0", 3), std::string("\xff\xfe")})
		EXPECT_FALSE(parse_text(text).policy);
	EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(PolicyParse, ATextThatIsNoPolicyIsRefused)
{
	for (const char* text : {"", "~", "42", "[]", "version", "version: 1\n---\nversion: 1\n", "version: !!int 1", "{version: 1", "a:\n\tb: 1\n"}) {
		const Parsed parsed = parse_text(text);
		EXPECT_FALSE(parsed.policy) << text;
		EXPECT_TRUE(has_errors(parsed.diagnostics)) << text;
	}
}

}  // namespace
}  // namespace sluice::policy
