// What an image looks like from outside: its size, its answers at the edges, its answers when it is damaged.
#include <gtest/gtest.h>

#include "policy/ranges.h"
#include "sluice/core/ranges.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kBlockSize = sizeof(RangeImage::Block);

RangeEntry entry(const char* text, std::uint16_t value)
{
	return {net::Prefix::parse(text).value(), value};
}

std::uint32_t find(const RangeImage& image, const char* text)
{
	const net::Address address = net::Address::parse(text).value();
	std::uint64_t half[2] = {};
	for (std::size_t i = 0; i < 16; i++)
		half[i / 8] = half[i / 8] << 8 | address.bytes()[i];
	if (address.is_ipv4())
		return find_ipv4(image, static_cast<std::uint32_t>(half[1]));
	return find_ipv6(image, half[0], half[1]);
}

TEST(RangesImage, NoPrefixesAreOneBlockOfClassZero)
{
	const RangeImage ipv4 = build_ranges_ipv4({});
	const RangeImage ipv6 = build_ranges_ipv6({});
	EXPECT_EQ(ipv4.blocks.size(), 1u);
	EXPECT_EQ(ipv6.blocks.size(), 1u);
	EXPECT_EQ(find(ipv4, "192.0.2.1"), 0u);
	EXPECT_EQ(find(ipv6, "2001:db8::1"), 0u);
}

TEST(RangesImage, TheWholeFamilyIsOneBlock)
{
	const RangeImage ipv4 = build_ranges_ipv4({entry("0.0.0.0/0", 7)});
	const RangeImage ipv6 = build_ranges_ipv6({entry("::/0", 32767)});
	EXPECT_EQ(ipv4.blocks.size(), 1u);
	EXPECT_EQ(ipv6.blocks.size(), 1u);
	EXPECT_EQ(find(ipv4, "0.0.0.0"), 7u);
	EXPECT_EQ(find(ipv4, "255.255.255.255"), 7u);
	EXPECT_EQ(find(ipv6, "::"), 32767u);
	EXPECT_EQ(find(ipv6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 32767u);
}

TEST(RangesImage, FirstAndLastAddress)
{
	const RangeImage ipv4 = build_ranges_ipv4({entry("0.0.0.0", 1), entry("255.255.255.255", 2)});
	EXPECT_EQ(find(ipv4, "0.0.0.0"), 1u);
	EXPECT_EQ(find(ipv4, "0.0.0.1"), 0u);
	EXPECT_EQ(find(ipv4, "255.255.255.254"), 0u);
	EXPECT_EQ(find(ipv4, "255.255.255.255"), 2u);
	const RangeImage ipv6 = build_ranges_ipv6({entry("::", 1), entry("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2)});
	EXPECT_EQ(find(ipv6, "::"), 1u);
	EXPECT_EQ(find(ipv6, "::1"), 0u);
	EXPECT_EQ(find(ipv6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), 0u);
	EXPECT_EQ(find(ipv6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 2u);
}

TEST(RangesImage, LongestPrefixWins)
{
	const RangeImage image = build_ranges_ipv4(
	    {entry("192.0.2.128/25", 3), entry("192.0.0.0/16", 1), entry("192.0.2.0/24", 2), entry("192.0.2.200", 4)});
	EXPECT_EQ(find(image, "192.0.1.255"), 1u);
	EXPECT_EQ(find(image, "192.0.2.127"), 2u);
	EXPECT_EQ(find(image, "192.0.2.128"), 3u);
	EXPECT_EQ(find(image, "192.0.2.200"), 4u);
	EXPECT_EQ(find(image, "192.0.2.201"), 3u);
	EXPECT_EQ(find(image, "192.1.0.0"), 0u);
}

TEST(RangesImage, ClassZeroInsideAnotherClass)
{
	const RangeImage image = build_ranges_ipv6({entry("2001:db8::/32", 5), entry("2001:db8:1::/48", 0)});
	EXPECT_EQ(find(image, "2001:db8::1"), 5u);
	EXPECT_EQ(find(image, "2001:db8:1::1"), 0u);
	EXPECT_EQ(find(image, "2001:db8:2::1"), 5u);
}

TEST(RangesImage, LastOfEqualPrefixesCounts)
{
	const RangeImage image =
	    build_ranges_ipv4({entry("192.0.2.0/24", 1), entry("198.51.100.0/24", 9), entry("192.0.2.0/24", 2)});
	EXPECT_EQ(find(image, "192.0.2.1"), 2u);
}

// Every form of a record: a host, a prefix at either end, a prefix in the middle, several.
TEST(RangesImage, LowerHalves)
{
	const RangeImage image = build_ranges_ipv6({
	    entry("2001:db8:0:1::5", 1),
	    entry("2001:db8:0:2::/65", 2),
	    entry("2001:db8:0:3:8000::/65", 3),
	    entry("2001:db8:0:4::/64", 4),
	    entry("2001:db8:0:4:0:1::/96", 5),
	    entry("2001:db8:0:5::1", 6),
	    entry("2001:db8:0:5::3", 7),
	    entry("2001:db8:0:6::/64", 8),
	});
	EXPECT_EQ(find(image, "2001:db8:0:1::4"), 0u);
	EXPECT_EQ(find(image, "2001:db8:0:1::5"), 1u);
	EXPECT_EQ(find(image, "2001:db8:0:1::6"), 0u);
	EXPECT_EQ(find(image, "2001:db8:0:2:7fff::"), 2u);
	EXPECT_EQ(find(image, "2001:db8:0:2:8000::"), 0u);
	EXPECT_EQ(find(image, "2001:db8:0:3:7fff::"), 0u);
	EXPECT_EQ(find(image, "2001:db8:0:3:8000::"), 3u);
	EXPECT_EQ(find(image, "2001:db8:0:4::"), 4u);
	EXPECT_EQ(find(image, "2001:db8:0:4:0:1::"), 5u);
	EXPECT_EQ(find(image, "2001:db8:0:4:0:2::"), 4u);
	EXPECT_EQ(find(image, "2001:db8:0:5::1"), 6u);
	EXPECT_EQ(find(image, "2001:db8:0:5::2"), 0u);
	EXPECT_EQ(find(image, "2001:db8:0:5::3"), 7u);
	EXPECT_EQ(find(image, "2001:db8:0:6::"), 8u);
	EXPECT_EQ(find(image, "2001:db8:0:7::"), 0u);
}

TEST(RangesImage, ManyHostsOfOneSixtyFour)
{
	std::vector<RangeEntry> entries;
	for (unsigned i = 0; i < 70000; i++) {
		std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
		bytes[13] = static_cast<std::uint8_t>(i >> 15);
		bytes[14] = static_cast<std::uint8_t>(i >> 7);
		bytes[15] = static_cast<std::uint8_t>(i << 1);
		entries.push_back({net::Prefix::of(net::Address::from_bytes(bytes), 128), 1});
	}
	const RangeImage image = build_ranges_ipv6(entries);
	for (std::uint64_t low = 0; low < 140000; low++)
		ASSERT_EQ(find_ipv6(image, 0x20010db800000000, low), low % 2 == 0 ? 1u : 0u) << low;
	EXPECT_EQ(find_ipv6(image, 0x20010db800000000, 140000), 0u);
}

// Tables run out of depth long before this /40 runs out of /64s: each of them holds a host.
TEST(RangesImage, ManySixtyFoursWithHosts)
{
	std::vector<RangeEntry> entries;
	for (unsigned i = 0; i < 200000; i++) {
		std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
		bytes[5] = static_cast<std::uint8_t>(i >> 16);
		bytes[6] = static_cast<std::uint8_t>(i >> 8);
		bytes[7] = static_cast<std::uint8_t>(i);
		bytes[15] = static_cast<std::uint8_t>(i % 251);
		entries.push_back({net::Prefix::of(net::Address::from_bytes(bytes), 128), static_cast<std::uint16_t>(1 + i % 5)});
	}
	const RangeImage image = build_ranges_ipv6(entries);
	for (std::uint64_t i = 0; i < 200000; i++) {
		ASSERT_EQ(find_ipv6(image, 0x20010db800000000 + i, i % 251), 1 + i % 5) << i;
		ASSERT_EQ(find_ipv6(image, 0x20010db800000000 + i, i % 251 + 1), 0u) << i;
	}
}

TEST(RangesImage, SmallPoliciesStaySmall)
{
	std::vector<RangeEntry> ipv4;
	std::vector<RangeEntry> ipv6;
	std::uint64_t state = 1;
	for (unsigned i = 0; i < 1000; i++) {
		std::array<std::uint8_t, 16> bytes{};
		for (std::uint8_t& byte : bytes) {
			state = state * 6364136223846793005 + 1442695040888963407;
			byte = static_cast<std::uint8_t>(state >> 56);
		}
		ipv6.push_back({net::Prefix::of(net::Address::from_bytes(bytes), 128 - 16 * (i % 5)), 1});
		std::fill(bytes.begin(), bytes.begin() + 10, std::uint8_t{0});
		bytes[10] = bytes[11] = 0xff;
		ipv4.push_back({net::Prefix::of(net::Address::from_bytes(bytes), 32 - i % 20), 1});
	}
	EXPECT_LE(build_ranges_ipv4(ipv4).blocks.size() * kBlockSize, 512u << 10);
	EXPECT_LE(build_ranges_ipv6(ipv6).blocks.size() * kBlockSize, 512u << 10);
	ipv4.resize(10);
	ipv6.resize(10);
	EXPECT_LE(build_ranges_ipv4(ipv4).blocks.size() * kBlockSize, 64u << 10);
	EXPECT_LE(build_ranges_ipv6(ipv6).blocks.size() * kBlockSize, 64u << 10);
}

// An image cut short answers that it is damaged where the block is gone, and as before where it is not.
TEST(RangesImage, AnImageCutShortIsDamaged)
{
	std::vector<RangeEntry> entries;
	for (unsigned i = 0; i < 256; i++)
		entries.push_back(entry(("203.0.113." + std::to_string(i)).c_str(), static_cast<std::uint16_t>(1 + i)));
	const RangeImage whole = build_ranges_ipv4(entries);
	bool is_damage_seen = false;
	for (std::size_t kept = 0; kept < whole.blocks.size(); kept++) {
		RangeImage image = whole;
		image.blocks.resize(kept);
		for (std::uint32_t address = 0xcb007100; address < 0xcb007200; address++) {
			const std::uint32_t found = find_ipv4(image, address);
			is_damage_seen |= found == SLUICE_RANGES_DAMAGED;
			ASSERT_TRUE(found == SLUICE_RANGES_DAMAGED || found == find_ipv4(whole, address)) << kept;
		}
	}
	EXPECT_TRUE(is_damage_seen);
	EXPECT_EQ(find_ipv4(RangeImage{}, 0), SLUICE_RANGES_DAMAGED);
	EXPECT_EQ(find_ipv6(RangeImage{}, 0, 0), SLUICE_RANGES_DAMAGED);
}

// Whatever is in the blocks, a lookup ends and reads nothing past them (the sanitisers watch).
TEST(RangesImage, NoiseEnds)
{
	std::uint64_t state = 2;
	for (unsigned round = 0; round < 2000; round++) {
		RangeImage image;
		image.blocks.resize(1 + round % 40);
		for (RangeImage::Block& block : image.blocks) {
			for (std::uint8_t& byte : block.bytes) {
				state = state * 6364136223846793005 + 1442695040888963407;
				byte = static_cast<std::uint8_t>(state >> 56);
			}
		}
		for (unsigned i = 0; i < 100; i++) {
			state = state * 6364136223846793005 + 1442695040888963407;
			const std::uint32_t ipv4 = find_ipv4(image, static_cast<std::uint32_t>(state >> 32));
			const std::uint32_t ipv6 = find_ipv6(image, state, ~state);
			ASSERT_TRUE(ipv4 < 0x8000 || ipv4 == SLUICE_RANGES_DAMAGED);
			ASSERT_TRUE(ipv6 < 0x8000 || ipv6 == SLUICE_RANGES_DAMAGED);
		}
	}
}

}  // namespace
}  // namespace sluice::policy
