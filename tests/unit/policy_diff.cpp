// What a diff says, in words.
#include "policy/diff.h"

#include <gtest/gtest.h>

#include "policy/compile.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

Meaning meaning(const std::string& text, const Files& files = {})
{
	Policy policy = right_policy(text, files);
	auto image = compile(policy, {}, {.bucket_sets = 1u << 19});
	if (!image)
		throw std::runtime_error(image.error().sentence());
	return meaning_of(std::move(policy), std::move(*image));
}

std::string line_of(const Change& change)
{
	std::string text = std::string(change.grave ? "! " : "") + part_name(change.part) + " " + kind_name(change.kind);
	if (!change.subject.empty())
		text += " [" + change.subject + "]";
	text += " " + change.before + " -> " + change.after;
	if (change.sources) {
		text += " (" + change.sources->ipv4.to_string() + "+" + change.sources->ipv6.to_string() + " in " +
			std::to_string(change.sources->prefixes) + ":";
		for (const std::string& prefix : change.sources->first)
			text += " " + prefix;
		text += ")";
	}
	return text + "\n";
}

std::string said(const std::string& before, const std::string& after, const Files& files = {})
{
	const auto changes = diff(meaning(before, files), meaning(after, files));
	if (!changes)
		return changes.error().sentence();
	std::string text;
	for (const Change& change : *changes)
		text += line_of(change);
	return text;
}

constexpr const char* kLists =
	"sources:\n"
	"  - {name: bad, action: deny, prefixes: [192.0.2.0/24, '2001:db8::/32']}\n"
	"  - {name: good, action: allow, prefixes: [198.51.100.0/25]}\n";

TEST(PolicyDiff, TheSameIsNoDifferenceHoweverItIsWritten)
{
	EXPECT_EQ(said(kLists, kLists), "");
	EXPECT_EQ(said("limits: {a: {packets: 10/s}}\n"
		       "services:\n"
		       "  - {name: x, protocol: tcp, ports: [80, 81], addresses: [203.0.113.0/25, 203.0.113.128/25], each-source: a}\n"
		       "  - {name: y, protocol: udp}\n"
		       "sources:\n  - {name: bad, action: deny, prefixes: [192.0.2.0/25, 192.0.2.128/25]}\n",
		       "services:\n"
		       "  - {name: y, protocol: udp}\n"
		       "  - {name: x, protocol: tcp, ports: [80-81], addresses: [203.0.113.0/24], each-source: {packets: 10/s}}\n"
		       "sources:\n  - {name: bad, action: deny, prefixes: [192.0.2.0/24]}\n"),
		  "");
}

TEST(PolicyDiff, WhoBecomesDeniedAndAllowed)
{
	EXPECT_EQ(said(kLists, "sources:\n"
			       "  - {name: bad, action: deny, prefixes: [192.0.2.0/25, 198.51.100.64/26, '2001:db8::/33']}\n"
			       "  - {name: good, action: allow, prefixes: [198.51.100.0/25]}\n"),
		  "sources denied allowed by list 'good' -> denied by list 'bad' (64+0 in 1: 198.51.100.64/26)\n"
		  "sources allowed denied by list 'bad' -> allowed by default (128+39614081257132168796771975168 in 2: 192.0.2.128/25 "
		  "2001:db8:8000::/33)\n");
}

TEST(PolicyDiff, ADefaultConcernsEverybodyWhomNoListNames)
{
	EXPECT_EQ(said("default: allow\n", "default: deny\n"),
		  "! default changed allow -> deny\n"
		  "sources denied allowed by default -> denied by default (4294967296+340282366920938463463374607431768211456 in 2: 0.0.0.0/0 "
		  "::/0)\n");
	const std::string failsafe = "failsafe:\n  - {from: [192.0.2.1]}\n";
	EXPECT_EQ(said(failsafe + "default: allow\n", failsafe + "default: deny\n").substr(0, 8), "default ");
}

TEST(PolicyDiff, WhoIsListedUnlistedLimitedOrMoved)
{
	const std::string head = "sources:\n  - {name: ";
	EXPECT_EQ(said("", head + "good, action: allow, prefixes: [192.0.2.1], limit: {packets: 5/s}}\n"),
		  "sources listed allowed by default -> allowed by list 'good', each source limited to packets 5/s, burst 5 (1+0 in 1: 192.0.2.1)\n");
	EXPECT_EQ(said(head + "good, action: allow, prefixes: [192.0.2.1]}\n", ""),
		  "sources unlisted allowed by list 'good' -> allowed by default (1+0 in 1: 192.0.2.1)\n");
	EXPECT_EQ(said(head + "good, action: allow, prefixes: [192.0.2.1], limit: {packets: 5/s}}\n",
		       head + "good, action: allow, prefixes: [192.0.2.1], limit: {packets: 9/s}}\n"),
		  "sources limited allowed by list 'good', each source limited to packets 5/s, burst 5 -> allowed by list 'good', each source limited "
		  "to packets 9/s, burst 9 (1+0 in 1: 192.0.2.1)\n"
		  "limits changed [good/limit packets] 5/s, burst 5 -> 9/s, burst 9\n");
	EXPECT_EQ(said(head + "a, action: deny, prefixes: [192.0.2.1]}\n", head + "b, action: deny, prefixes: [192.0.2.1]}\n"),
		  "sources moved denied by list 'a' -> denied by list 'b' (1+0 in 1: 192.0.2.1)\n");
}

TEST(PolicyDiff, ManyPrefixesAreCountedAndTheFirstNamed)
{
	std::string list;
	for (int i = 0; i < 200; i += 2)
		list += "192.0.2." + std::to_string(i) + "\n";
	EXPECT_EQ(said("", "sources:\n  - {name: bad, action: deny, files: [l]}\n", {{"/etc/sluice/l", list}}),
		  "sources denied allowed by default -> denied by list 'bad' (100+0 in 100: 192.0.2.0 192.0.2.2 192.0.2.4 192.0.2.6 192.0.2.8)\n");
}

TEST(PolicyDiff, FailsafeIsToldByWhatItLetsIn)
{
	const std::string ssh = "failsafe:\n  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n";
	EXPECT_EQ(said(ssh, ""), "! failsafe lost [tcp port 22]  ->  (256+0 in 1: 192.0.2.0/24)\n");
	EXPECT_EQ(said("", ssh), "failsafe gained [tcp port 22]  ->  (256+0 in 1: 192.0.2.0/24)\n");
	EXPECT_EQ(said(ssh, "failsafe:\n  - {protocol: tcp, ports: [22, 80-81], from: [192.0.2.0/25]}\n"),
		  "! failsafe lost [tcp port 22]  ->  (128+0 in 1: 192.0.2.128/25)\n"
		  "failsafe gained [tcp ports 80-81]  ->  (128+0 in 1: 192.0.2.0/25)\n");
	// What is said in two entries instead of one is no difference.
	EXPECT_EQ(said(ssh, "failsafe:\n"
			    "  - {protocol: tcp, port: 22, from: [192.0.2.0/25]}\n"
			    "  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n"),
		  "");
	EXPECT_EQ(said("", "failsafe:\n  - {from: [192.0.2.1]}\n"), "failsafe gained [everything]  ->  (1+0 in 1: 192.0.2.1)\n");
	EXPECT_EQ(said("failsafe:\n  - {from: [192.0.2.1]}\n",
		       "failsafe:\n  - {protocol: tcp, ports: [1-65535], from: [192.0.2.1]}\n  - {protocol: udp, from: [192.0.2.1]}\n"),
		  "! failsafe lost [tcp port 0; fragments of tcp; every other protocol]  ->  (1+0 in 1: 192.0.2.1)\n");
	EXPECT_EQ(said("", "failsafe:\n  - {protocol: icmp, from: [192.0.2.1]}\n  - {protocol: udp, from: [192.0.2.1]}\n"),
		  "failsafe gained [udp; icmp]  ->  (1+0 in 1: 192.0.2.1)\n");
}

TEST(PolicyDiff, ServicesAndTheirFields)
{
	EXPECT_EQ(said("", "services:\n  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 10/s}, admit: listed}\n"),
		  "services added [api]  -> tcp 443 at every address, admits listed; each source (/32 and /64): packets 10/s, burst 10\n");
	EXPECT_EQ(said("services:\n  - {name: api, protocol: tcp, ports: [443], addresses: [203.0.113.10]}\n",
		       "services:\n  - {name: api, protocol: udp, ports: [443, 444], admit: listed}\n"),
		  "services changed [api protocol] tcp -> udp\n"
		  "services changed [api ports] 443 -> 443-444\n"
		  "services changed [api addresses] 203.0.113.10 -> every address\n"
		  "services changed [api admits] anyone -> listed\n");
	EXPECT_EQ(said("services:\n  - {name: ping, protocol: icmp, all-sources: {packets: 9/s}, each-prefix: {limit: {bits: 1M/s}}}\n", ""),
		  "services removed [ping] icmp at every address, admits anyone; all sources: packets 9/s, burst 9; each prefix (/24 and /48): bits "
		  "1M/s, burst 1000000 -> \n");
}

TEST(PolicyDiff, LimitsByThePlaceWhereTheyHold)
{
	const auto service = [](const std::string& rest) { return "services:\n  - {name: api, protocol: tcp, ports: [443]" + rest + "}\n"; };
	EXPECT_EQ(said(service(", each-source: {packets: 10/s, connections: 5/s}"), service(", each-source: {packets: 20/s, burst: 99, bits: 1M/s}")),
		  "limits changed [api/each-source packets] 10/s, burst 10 -> 20/s, burst 99\n"
		  "limits added [api/each-source bits]  -> 1M/s, burst 1000000\n"
		  "limits removed [api/each-source connections] 5/s, burst 5 -> \n");
	EXPECT_EQ(said(service(""), service(", unproved: {connections: 10/s}")), "limits added [api/unproved]  -> connections 10/s, burst 10\n");
	EXPECT_EQ(said(service(", unproved: {connections: 10/s}"), service(", unproved: {connections: 9/s}")),
		  "limits changed [api/unproved connections] 10/s, burst 10 -> 9/s, burst 9\n");
	EXPECT_EQ(said("", service(", unproved: {connections: 10/s}")),
		  "services added [api]  -> tcp 443 at every address, admits anyone; unproved: connections 10/s, burst 10, beyond that drop\n");
	EXPECT_EQ(said(service(""), service(", all-sources: {packets: 10/s}")), "limits added [api/all-sources]  -> packets 10/s, burst 10\n");
	EXPECT_EQ(said(service(", all-sources: {packets: 10/s}"), service("")), "limits removed [api/all-sources] packets 10/s, burst 10 -> \n");
	EXPECT_EQ(said(service(", each-prefix: {ipv4: 24, limit: {packets: 10/s}}"), service(", each-prefix: {ipv4: 16, limit: {packets: 10/s, keys: 9}}")),
		  "limits changed [api/each-prefix holds each] /24 and /48 -> /16 and /48\n"
		  "limits changed [api/each-prefix keys] the usual number -> 9\n");
	EXPECT_EQ(said(service(", each-source: {packets: 10/s}"), service(", each-source: {packets: 9/m, algorithm: sliding-log}")),
		  "limits changed [api/each-source algorithm] token-bucket -> sliding-log\n"
		  "limits changed [api/each-source packets] 10/s, burst 10 -> 9/m\n");
	EXPECT_EQ(said(service(""), service(", all-sources: {packets: 9/m, bits: 1M/h, algorithm: fixed-window}")),
		  "limits added [api/all-sources]  -> fixed-window: packets 9/m; bits 1M/h\n");
	// One named limit holds in two places.
	const auto two = [](const std::string& rate) {
		return "limits: {a: {packets: " + rate + "}}\nservices:\n  - {name: x, protocol: tcp, ports: [1], each-source: a}\n"
		       "  - {name: y, protocol: tcp, ports: [2], each-source: a}\n";
	};
	EXPECT_EQ(said(two("10/s"), two("20/s")),
		  "limits changed [x/each-source packets] 10/s, burst 10 -> 20/s, burst 20\n"
		  "limits changed [y/each-source packets] 10/s, burst 10 -> 20/s, burst 20\n");
}

TEST(PolicyDiff, ModeAndFragments)
{
	EXPECT_EQ(said("mode: observe\n", "mode: enforce\nfragments: allow\n"),
		  "mode changed observe -> enforce\n"
		  "fragments changed drop -> allow\n");
	EXPECT_EQ(said("fragments: allow\n", "fragments: {each-source: {packets: 10/s}}\n"),
		  "limits added [fragments/each-source]  -> packets 10/s, burst 10\n");
}

TEST(PolicyDiff, ADamagedImageIsAnError)
{
	Meaning damaged = meaning(kLists);
	damaged.image.classes.resize(1);
	EXPECT_FALSE(diff(damaged, meaning(kLists)));
	damaged = meaning(kLists);
	damaged.image.sources[SLUICE_IPV6].blocks.clear();
	EXPECT_FALSE(diff(meaning(kLists), damaged));
}

}  // namespace
}  // namespace sluice::policy
