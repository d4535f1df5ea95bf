#include "policy/judge.h"

#include <gtest/gtest.h>

#include "net/described_packet.h"
#include "policy/compile.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

constexpr const char* kPolicy =
	"default: deny\n"
	"failsafe:\n"
	"  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n"
	"limits:\n"
	"  own: {packets: 10/s}\n"
	"  all: {packets: 100/s, bits: 1M/s, connections: 5/s}\n"
	"sources:\n"
	"  - {name: world, action: allow, prefixes: [0.0.0.0/0, '::/0']}\n"
	"  - {name: partners, action: allow, prefixes: [198.51.100.0/24], limit: own}\n"
	"  - {name: bad, action: deny, prefixes: [198.51.100.7, 192.0.2.66]}\n"
	"services:\n"
	"  - {name: api, protocol: tcp, ports: [443], addresses: [203.0.113.10], each-source: all, each-prefix: {limit: own}, all-sources: own}\n";

Image image_of(const std::string& text)
{
	auto image = compile(right_policy(text), {}, {.bucket_sets = 1u << 19});
	if (!image)
		throw std::runtime_error(image.error().sentence());
	return std::move(*image);
}

Judged ask(const Image& image, net::DescribedPacket packet, std::vector<net::Prefix> bans = {})
{
	const auto frame = net::frame_of(packet);
	EXPECT_TRUE(frame);
	return judge(image, *frame, {bans, {}});
}

net::DescribedPacket tcp(const char* from, const char* to)
{
	return {.source = *net::Endpoint::parse(from), .destination = *net::Endpoint::parse(to)};
}

TEST(PolicyJudge, OfListsAndOverlayTheLongestPrefixDecides)
{
	const Image image = image_of(kPolicy);
	const auto frame = net::frame_of(tcp("198.51.100.8", "203.0.113.10:443"));
	ASSERT_TRUE(frame);
	const auto ruled = [&](std::vector<std::pair<net::Prefix, bool>> overlay) { return judge(image, *frame, {{}, std::move(overlay)}).rule; };
	const net::Prefix of_list = *net::Prefix::parse("198.51.100.0/24"), host = *net::Prefix::parse("198.51.100.8");
	EXPECT_EQ(ruled({{host, false}}), "overlay");
	EXPECT_EQ(ruled({{of_list, false}}), "overlay") << "of equal ones the overlay's";
	EXPECT_EQ(ruled({{*net::Prefix::parse("198.51.0.0/16"), false}}), "partners");
	EXPECT_EQ(ruled({{*net::Prefix::parse("198.51.100.9"), false}}), "partners") << "its neighbour";
	EXPECT_EQ(judge(image, *frame, {{}, {{host, true}, {of_list, false}}}).reason, SLUICE_LISTED);
	EXPECT_EQ(judge(image, *frame, {{host}, {{host, true}}}).reason, SLUICE_LISTED) << "a ban does not hit what is allowed";
	EXPECT_EQ(judge(image, *frame, {{}, {{host, true}}}).source.limit, 0) << "the list's limit is not the overlay's";
}

TEST(PolicyJudge, SaysWhatDecidedAndWho)
{
	const Image image = image_of(kPolicy);
	const Judged denied = ask(image, tcp("198.51.100.7", "203.0.113.10:443"));
	EXPECT_EQ(denied.reason, SLUICE_LISTED_DENY);
	EXPECT_FALSE(denied.passes);
	EXPECT_EQ(denied.rule, "bad");
	EXPECT_EQ(denied.list, "bad");
	EXPECT_EQ(denied.service, "api");
	EXPECT_TRUE(denied.limits.empty());

	const Judged failsafe = ask(image, tcp("192.0.2.66", "203.0.113.1:22"));
	EXPECT_EQ(failsafe.reason, SLUICE_FAILSAFE);
	EXPECT_TRUE(failsafe.passes);
	EXPECT_EQ(failsafe.rule, "failsafe/1");
	EXPECT_EQ(failsafe.list, "bad") << "the list is told, although it did not decide";
	EXPECT_EQ(failsafe.service, "-");
}

TEST(PolicyJudge, NamesTheLimitsThatWouldBeAsked)
{
	const Image image = image_of(kPolicy);
	net::DescribedPacket packet = tcp("203.0.113.99", "203.0.113.10:443");
	const Judged within = ask(image, packet);
	ASSERT_EQ(within.limits.size(), 3u);
	EXPECT_EQ(within.limits[0].name, "api/all-sources");
	EXPECT_EQ(within.limits[1].name, "api/each-source");
	EXPECT_EQ(within.limits[1].counts, (std::vector{SLUICE_PACKETS, SLUICE_BITS}));
	EXPECT_EQ(within.limits[2].name, "api/each-prefix");
	packet.syn = true;
	EXPECT_EQ(ask(image, packet).limits[1].counts, (std::vector{SLUICE_PACKETS, SLUICE_BITS, SLUICE_CONNECTIONS}));

	const Judged own = ask(image, tcp("198.51.100.8", "203.0.113.10:443"));
	ASSERT_EQ(own.limits.size(), 2u);
	EXPECT_EQ(own.limits[1].name, "partners/limit");
	EXPECT_EQ(own.limits[1].scope, SLUICE_SCOPE_LIST);
	EXPECT_EQ(own.list, "partners");
}

TEST(PolicyJudge, ALimitThatCountsNothingOfAPacketIsNotAsked)
{
	const Image image = image_of("services:\n  - {name: api, protocol: tcp, ports: [443], each-source: {connections: 5/s}}\n");
	net::DescribedPacket packet = tcp("192.0.2.1", "203.0.113.10:443");
	EXPECT_TRUE(ask(image, packet).limits.empty());
	packet.syn = true;
	EXPECT_EQ(ask(image, packet).limits.size(), 1u);
}

TEST(PolicyJudge, BansAreAnArgument)
{
	const Image image = image_of("sources:\n  - {name: friends, action: allow, prefixes: [192.0.2.1]}\n");
	const std::vector bans = {*net::Prefix::parse("192.0.2.0/24")};
	EXPECT_EQ(ask(image, tcp("192.0.2.2", "203.0.113.10:443"), bans).reason, SLUICE_BANNED);
	EXPECT_EQ(ask(image, tcp("192.0.2.1", "203.0.113.10:443"), bans).reason, SLUICE_LISTED);
	EXPECT_EQ(ask(image, tcp("192.0.2.2", "203.0.113.10:443")).reason, SLUICE_DEFAULT_ALLOW);
}

TEST(PolicyJudge, ObserveModeChangesNoJudgement)
{
	const Image image = image_of("mode: observe\ndefault: deny\n");
	const Judged judged = ask(image, tcp("192.0.2.2", "203.0.113.10:443"));
	EXPECT_TRUE(image.config.observe);
	EXPECT_EQ(judged.reason, SLUICE_DEFAULT_DENY);
	EXPECT_FALSE(judged.passes);
}

TEST(PolicyJudge, ADamagedImageIsInternalAndNeverReadOutside)
{
	const auto reason_with = [](auto damage) {
		Image image = image_of(kPolicy);
		damage(image);
		return ask(image, tcp("198.51.100.8", "203.0.113.10:443")).reason;
	};
	EXPECT_EQ(reason_with([](Image& image) { image.sources[SLUICE_IPV4].blocks.clear(); }), SLUICE_INTERNAL);
	EXPECT_EQ(reason_with([](Image& image) { image.destinations[SLUICE_IPV4].blocks.clear(); }), SLUICE_INTERNAL);
	EXPECT_EQ(reason_with([](Image& image) { image.classes.resize(1); }), SLUICE_INTERNAL);
	EXPECT_EQ(reason_with([](Image& image) { image.groups.clear(); }), SLUICE_INTERNAL);
	EXPECT_EQ(reason_with([](Image& image) { image.targets.clear(); }), SLUICE_INTERNAL);
	EXPECT_EQ(reason_with([](Image& image) { image.services.clear(); }), SLUICE_INTERNAL);
	EXPECT_EQ(reason_with([](Image& image) { image.ports.clear(); }), SLUICE_INTERNAL);
}

TEST(PolicyJudge, WhatIsNoIpPasses)
{
	const Image image = image_of(kPolicy);
	const net::FrameBytes arp = {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0x06, 0, 1};
	EXPECT_EQ(judge(image, arp).reason, SLUICE_NOT_IP);
	EXPECT_EQ(judge(image, net::FrameBytes{1, 2, 3}).reason, SLUICE_TRUNCATED);
	EXPECT_EQ(judge(image, {}).reason, SLUICE_TRUNCATED);
}

}  // namespace
}  // namespace sluice::policy
