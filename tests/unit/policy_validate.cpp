#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

bool says(const std::string& text, const std::string& sentence)
{
	return text.find(sentence) != std::string::npos;
}

std::string services(const std::string& a, const std::string& b)
{
	return validated("services:\n  - {name: a, " + a + "}\n  - {name: b, " + b + "}\n");
}

TEST(PolicyValidate, ServicesOverlapWhereProtocolPortAndAddressMeet)
{
	EXPECT_TRUE(says(services("protocol: tcp, ports: [443]", "protocol: tcp, ports: [400-500]"), "overlap"));
	EXPECT_TRUE(says(services("protocol: tcp", "protocol: tcp, ports: [1]"), "overlap"));
	EXPECT_TRUE(says(services("protocol: icmp", "protocol: icmp"), "overlap"));
	EXPECT_TRUE(says(services("protocol: tcp, addresses: [192.0.2.0/24]", "protocol: tcp, addresses: [192.0.2.7]"), "192.0.2.7"));
	EXPECT_TRUE(says(services("protocol: tcp, addresses: [192.0.2.0/24]", "protocol: tcp"), "192.0.2.0/24"));
}

TEST(PolicyValidate, ServicesThatDoNotMeetAreRight)
{
	EXPECT_EQ(services("protocol: tcp, ports: [443]", "protocol: udp, ports: [443]"), "");
	EXPECT_EQ(services("protocol: tcp, ports: [443]", "protocol: tcp, ports: [444-500]"), "");
	EXPECT_EQ(services("protocol: tcp, addresses: [192.0.2.0/25]", "protocol: tcp, addresses: [192.0.2.128/25]"), "");
	EXPECT_EQ(services("protocol: tcp, addresses: [0.0.0.0/0]", "protocol: tcp, addresses: [\"::/0\"]"), "");
}

TEST(PolicyValidate, APrefixMeansOneThing)
{
	const auto lists = [](const std::string& a, const std::string& b) {
		return validated("sources:\n  - {name: a, " + a + "}\n  - {name: b, " + b + "}\n");
	};
	const auto found = lists("action: deny, prefixes: [192.0.2.0/24]", "action: allow, prefixes: [192.0.2.0/24]");
	EXPECT_TRUE(says(found, "policy.yaml:4:1: error: 192.0.2.0/24 is on the lists 'a' and 'b'")) << found;
	EXPECT_TRUE(says(found, "the other is at /etc/sluice/policy.yaml:3")) << found;
	EXPECT_TRUE(says(lists("action: allow, prefixes: [192.0.2.1]", "action: allow, prefixes: [192.0.2.1], limit: {packets: 1/s}"), "differently"));
	EXPECT_EQ(lists("action: deny, prefixes: [192.0.2.0/24]", "action: deny, prefixes: [192.0.2.0/24]"), "");
	EXPECT_EQ(lists("action: deny, prefixes: [0.0.0.0/0]", "action: allow, prefixes: [192.0.2.0/24]"), "");
	EXPECT_EQ(lists("action: deny, prefixes: [192.0.2.0/24, 192.0.2.0/24]", "action: allow, prefixes: [192.0.2.0/25]"), "");
}

TEST(PolicyValidate, BothPlacesOfAContradictionAreNamed)
{
	const auto found = validated("sources:\n  - {name: a, action: deny, files: [a.txt]}\n  - {name: b, action: allow, files: [b.txt]}\n",
	                             {{"/etc/sluice/a.txt", "192.0.2.1\n192.0.2.2\n"}, {"/etc/sluice/b.txt", "\n\n192.0.2.2\n"}});
	EXPECT_EQ(found, "/etc/sluice/b.txt:3:1: error: 192.0.2.2 is on the lists 'a' and 'b', which treat it differently "
	                 "(the other is at /etc/sluice/a.txt:2; take it off one of them)\n");
}

TEST(PolicyValidate, ManyContradictionsAreCounted)
{
	std::string list;
	for (int i = 0; i < 100; i++)
		list += "192.0.2." + std::to_string(i) + "\n";
	const auto found = validated("sources:\n  - {name: a, action: deny, files: [l]}\n  - {name: b, action: allow, files: [l]}\n", {{"/etc/sluice/l", list}});
	EXPECT_EQ(std::count(found.begin(), found.end(), '\n'), 21);
	EXPECT_TRUE(says(found, "80 more prefixes"));
}

TEST(PolicyValidate, LimitsThatCannotBeKept)
{
	EXPECT_TRUE(says(validated("limits: {l: {keys: 5}}\n"), "limits nothing"));
	EXPECT_TRUE(says(validated("limits: {l: {packets: 5/s, burst: 0}}\n"), "a burst of 0 lets nothing through"));
	EXPECT_TRUE(says(validated("limits: {l: {bits: 1M/s, burst: 12111}}\n"), "12112"));
	EXPECT_EQ(validated("limits: {l: {bits: 1M/s, burst: 12112}}\n"), "");
	EXPECT_TRUE(says(validated("limits: {l: {packets: 9000000G/s}}\n"), "faster than any clock tick"));
	EXPECT_TRUE(says(validated("limits: {l: {packets: 1/h, burst: 1G}}\n"), "no clock tick can express the rate 1/h beside a burst of 1000000000"));
	EXPECT_TRUE(says(validated("limits: {l: {packets: 1/s, burst: 9000000G}}\n"), "is more than any clock tick can express"));
	EXPECT_EQ(validated("limits: {l: {packets: 1/h}, m: {bits: 400G/s}, n: {connections: 1/m, burst: 1000}}\n"), "");
}

TEST(PolicyValidate, ABurstBelowOneTickIsWarnedOf)
{
	const auto found = validated("limits: {l: {packets: 50k/s, burst: 199}}\n");
	EXPECT_TRUE(says(found, "warning: limit 'l': a burst of 199 is less than 50k/s gives in one tick")) << found;
	EXPECT_TRUE(says(found, "raise the burst to 200")) << found;
	EXPECT_EQ(validated("limits: {l: {packets: 50k/s, burst: 200}, m: {packets: 100/s, burst: 1}}\n"), "");
}

TEST(PolicyValidate, ALimitInPlaceIsNamedByItsPlace)
{
	const auto found = validated("services: [{name: api, protocol: tcp, all-sources: {keys: 3}}]\n");
	EXPECT_TRUE(says(found, "api/all-sources limits nothing")) << found;
}

TEST(PolicyValidate, NamesAreThereOnce)
{
	EXPECT_TRUE(says(services("protocol: tcp}\n  - {name: a, protocol: udp", "protocol: icmp"), "the service 'a' is here twice"));
	EXPECT_TRUE(says(validated("services: [{name: fragments, protocol: tcp}]\n"), "'fragments' is taken"));
	EXPECT_TRUE(says(validated("sources: [{name: '-', action: deny, prefixes: [192.0.2.1]}]\n"), "'-' is taken"));
	EXPECT_EQ(validated("sources: [{name: a, action: deny, prefixes: [192.0.2.1]}]\nservices: [{name: a, protocol: tcp}]\n"), "");
}

TEST(PolicyValidate, FailsafeEntriesHaveRoomForSixtyFour)
{
	const auto entries = [](int count) {
		std::string text = "failsafe:\n";
		for (int i = 0; i < count; i++)
			text += "  - {protocol: tcp, port: " + std::to_string(i + 1) + ", from: [192.0.2.1]}\n";
		return validated(text);
	};
	EXPECT_EQ(entries(64), "");
	EXPECT_TRUE(says(entries(65), "65 failsafe entries; at most 64 have room"));
}

TEST(PolicyValidate, ServicesHaveRoomForTheirSlots)
{
	const auto entries = [](int count) {
		std::string text = "services:\n";
		for (int i = 0; i < count; i++)
			text += "  - {name: s" + std::to_string(i) + ", protocol: tcp, ports: [" + std::to_string(i + 1) + "]}\n";
		return validated(text);
	};
	EXPECT_EQ(entries(254), "");
	EXPECT_TRUE(says(entries(255), "255 services; at most 254 have room"));
}

TEST(PolicyValidate, PortsNeedAProtocolThatHasThem)
{
	EXPECT_TRUE(says(validated("services: [{name: a, protocol: icmp, ports: [1]}]\n"), "icmp has no ports"));
	EXPECT_TRUE(says(validated("failsafe: [{protocol: gre, port: 1, from: [192.0.2.1]}]\n"), "gre has no ports"));
}

TEST(PolicyValidate, ADeniedListHasNoLimit)
{
	EXPECT_TRUE(says(validated("sources: [{name: a, action: deny, prefixes: [192.0.2.1], limit: {packets: 1/s}}]\n"), "denied, and has a limit"));
}

TEST(PolicyValidate, WarnsOfALockoutAndOfWhatNeverCounts)
{
	const auto lockout = validated("default: deny\n");
	EXPECT_TRUE(says(lockout, "warning: everybody who is on no list is denied")) << lockout;
	EXPECT_EQ(validated("default: deny\nmode: observe\n"), "");
	EXPECT_EQ(validated("default: deny\nfailsafe: [{from: [192.0.2.1]}]\n"), "");
	EXPECT_TRUE(says(validated("services: [{name: a, protocol: udp, each-source: {connections: 1/s}}]\n"), "warning: each-source of 'a' counts connections"));
}

}  // namespace
}  // namespace sluice::policy
