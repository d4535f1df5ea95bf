// Lists read back from their range images.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "dump/sources.h"
#include "policy/class_ranges.h"
#include "policy/ranges.h"

namespace sluice::dump {
namespace {

struct Listed {
	const char* prefix;
	std::uint16_t number;
};

sluice_name name(const char* text)
{
	sluice_name out{};
	std::strncpy(out.text, text, sizeof(out.text) - 1);
	return out;
}

// Class 1: denied by "scanners". 2: allowed by "partners", with a limit. 3: a failsafe entry only.
class DumpSources : public testing::Test {
protected:
	DumpSources() : classes_(4), limits_(2), rules_{name(""), name("scanners"), name("partners"), name("partners/limit")}
	{
		classes_[1] = {.rule = 1, .listed = SLUICE_SOURCE_DENIED};
		classes_[2] = {.rule = 2, .limit = 1, .listed = SLUICE_SOURCE_ALLOWED};
		classes_[3] = {.failsafe = 2};
		limits_[1].rule = 3;
	}

	void list(const std::vector<Listed>& listed)
	{
		std::vector<policy::RangeEntry> entries[SLUICE_FAMILIES];
		for (const auto& one : listed) {
			const auto prefix = net::Prefix::parse(one.prefix);
			ASSERT_TRUE(prefix) << one.prefix;
			entries[prefix->family()].push_back({*prefix, one.number});
		}
		ipv4_ = policy::build_ranges_ipv4(entries[SLUICE_IPV4]);
		ipv6_ = policy::build_ranges_ipv6(entries[SLUICE_IPV6]);
	}

	Lists lists() const { return {ipv4_, ipv6_, classes_, limits_, rules_}; }

	std::string all() const
	{
		const auto report = report_sources(lists());
		if (!report)
			return report.error().sentence();
		std::string text;
		for (const auto& range : *report)
			text += range.first.to_string() + "-" + range.last.to_string() + " " + range.list + " " + range.action + " " +
			        range.limit + " " + std::to_string(range.failsafe) + "\n";
		return text;
	}

	policy::RangeImage ipv4_;
	policy::RangeImage ipv6_;
	std::vector<sluice_class> classes_;
	std::vector<sluice_limit> limits_;
	std::vector<sluice_name> rules_;
};

TEST_F(DumpSources, AnEmptyPolicyNamesNobody)
{
	list({});
	EXPECT_EQ(all(), "");
	const auto range = report_range_of(lists(), *net::Address::parse("192.0.2.1"));
	ASSERT_TRUE(range);
	EXPECT_EQ(range->first.to_string(), "0.0.0.0");
	EXPECT_EQ(range->last.to_string(), "255.255.255.255");
	EXPECT_EQ(range->list, "-");
	EXPECT_EQ(range->action, "-");
}

TEST_F(DumpSources, ALongerPrefixCutsAHoleIntoAShorterOne)
{
	list({{"198.51.100.0/24", 1}, {"198.51.100.128/25", 2}, {"198.51.100.200/32", 1}, {"192.0.2.0/24", 3}});
	EXPECT_EQ(all(),
	          "192.0.2.0-192.0.2.255 - - - 2\n"
	          "198.51.100.0-198.51.100.127 scanners deny - 0\n"
	          "198.51.100.128-198.51.100.199 partners allow partners/limit 0\n"
	          "198.51.100.200-198.51.100.200 scanners deny - 0\n"
	          "198.51.100.201-198.51.100.255 partners allow partners/limit 0\n");
}

TEST_F(DumpSources, NeighboursOfOneClassAreOneRange)
{
	list({{"198.51.100.0/25", 1}, {"198.51.100.128/25", 1}});
	EXPECT_EQ(all(), "198.51.100.0-198.51.100.255 scanners deny - 0\n");
}

TEST_F(DumpSources, TheEndsOfTheAddressSpace)
{
	list({{"0.0.0.0/32", 1}, {"255.255.255.255/32", 2}, {"::/128", 1}, {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 2}});
	EXPECT_EQ(all(),
	          "0.0.0.0-0.0.0.0 scanners deny - 0\n"
	          "255.255.255.255-255.255.255.255 partners allow partners/limit 0\n"
	          "::-:: scanners deny - 0\n"
	          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff partners allow partners/limit 0\n");
}

TEST_F(DumpSources, Ipv6BelowTheUpperHalf)
{
	list({{"2001:db8::/32", 1}, {"2001:db8:1:2::/64", 2}, {"2001:db8:1:2:8000::/65", 1}, {"2001:db8:1:2::5/128", 1}, {"2001:db8:1:2::9/128", 3}});
	EXPECT_EQ(all(),
	          "2001:db8::-2001:db8:1:1:ffff:ffff:ffff:ffff scanners deny - 0\n"
	          "2001:db8:1:2::-2001:db8:1:2::4 partners allow partners/limit 0\n"
	          "2001:db8:1:2::5-2001:db8:1:2::5 scanners deny - 0\n"
	          "2001:db8:1:2::6-2001:db8:1:2::8 partners allow partners/limit 0\n"
	          "2001:db8:1:2::9-2001:db8:1:2::9 - - - 2\n"
	          "2001:db8:1:2::a-2001:db8:1:2:7fff:ffff:ffff:ffff partners allow partners/limit 0\n"
	          "2001:db8:1:2:8000::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff scanners deny - 0\n");
}

TEST_F(DumpSources, WhatOneAddressGets)
{
	list({{"198.51.100.0/24", 1}, {"198.51.100.128/25", 2}});
	const auto range = report_range_of(lists(), *net::Address::parse("198.51.100.130"));
	ASSERT_TRUE(range);
	EXPECT_EQ(range->list, "partners");
	EXPECT_EQ(range->first.to_string(), "198.51.100.128");
	const auto of = class_of(lists(), *net::Address::parse("198.51.100.1"));
	ASSERT_TRUE(of);
	EXPECT_EQ(of->listed, SLUICE_SOURCE_DENIED);
}

TEST_F(DumpSources, WhatOneAddressGetsByListsAndOverlay)
{
	classes_[1].length = 120;
	classes_[2].length = 121;
	list({{"198.51.100.0/24", 1}, {"198.51.100.128/25", 2}});
	const std::vector<datapath::OverlayEntry> overlay = {{*net::Prefix::parse("198.51.0.0/16"), false, {}, 0, "", 0},
	                                                     {*net::Prefix::parse("198.51.100.0/24"), true, {}, 0, "", 0}};
	rules_.resize(SLUICE_RULE_OVERLAY + 1);
	rules_[SLUICE_RULE_OVERLAY] = name("overlay");
	Lists both = lists();
	both.overlay = overlay;
	const auto gets = [&](const char* address) {
		const auto range = report_range_of(both, *net::Address::parse(address));
		return range ? range->first.to_string() + "-" + range->last.to_string() + " " + range->list + " " + range->action + " " + range->limit
		             : range.error().sentence();
	};
	EXPECT_EQ(gets("198.51.100.1"), "198.51.100.1-198.51.100.1 overlay allow -") << "of equal prefixes the overlay's";
	EXPECT_EQ(gets("198.51.100.130"), "198.51.100.128-198.51.100.255 partners allow partners/limit") << "a longer one of a list";
	EXPECT_EQ(gets("198.51.99.1"), "198.51.99.1-198.51.99.1 overlay deny -");
	EXPECT_EQ(gets("198.52.0.1"), "198.51.101.0-255.255.255.255 - - -") << "nobody's: what the lists say";
	const auto of = class_of(both, *net::Address::parse("198.51.100.1"));
	ASSERT_TRUE(of);
	EXPECT_EQ(of->listed, SLUICE_SOURCE_ALLOWED);
}

// The length of the prefix is the overlay's business, and splits no range of a list.
TEST_F(DumpSources, NeighboursThatDifferInLengthAloneAreOneRange)
{
	classes_.push_back(classes_[1]);
	classes_[1].length = 120;
	classes_[4].length = 121;
	list({{"198.51.100.0/24", 1}, {"198.51.100.128/25", 4}, {"198.51.101.0/25", 4}, {"198.51.101.128/25", 2}});
	EXPECT_EQ(all(),
	          "198.51.100.0-198.51.101.127 scanners deny - 0\n"
	          "198.51.101.128-198.51.101.255 partners allow partners/limit 0\n");
	const auto range = report_range_of(lists(), *net::Address::parse("198.51.100.200"));
	ASSERT_TRUE(range);
	EXPECT_EQ(range->first.to_string(), "198.51.100.0");
	EXPECT_EQ(range->last.to_string(), "198.51.101.127");
}

TEST_F(DumpSources, ADamagedImageIsAnErrorNotAWalkIntoTheDark)
{
	list({{"198.51.100.0/24", 1}, {"198.51.100.128/25", 2}, {"2001:db8::1", 1}, {"2001:db8::7", 2}});
	std::mt19937_64 random(7);
	for (int round = 0; round < 300; round++) {
		auto image = round % 2 ? ipv4_ : ipv6_;
		if (image.blocks.empty())
			break;
		auto& block = image.blocks[random() % std::min<std::size_t>(image.blocks.size(), 4)];
		block.bytes[random() % block.bytes.size()] = static_cast<std::uint8_t>(random());
		(void)policy::class_ranges(image, round % 2 ? SLUICE_IPV4 : SLUICE_IPV6);
	}
	EXPECT_FALSE(policy::class_ranges({}, SLUICE_IPV4));
	classes_.resize(1);
	EXPECT_FALSE(report_sources(lists()));
}

// Every prefix's edges get from the report what the image says of them, for lists of every density.
TEST_F(DumpSources, AgreesWithTheImageOnRandomLists)
{
	std::mt19937_64 random(2);
	for (const std::size_t size : {1u, 9u, 70u, 900u, 20000u}) {
		std::vector<policy::RangeEntry> v4;
		std::vector<policy::RangeEntry> v6;
		for (std::size_t i = 0; i < size; i++) {
			std::array<std::uint8_t, 16> bytes{};
			const std::uint64_t near = random() % 3 ? random() & 0xffff : random();
			for (int b = 0; b < 4; b++)
				bytes[12 + b] = static_cast<std::uint8_t>(near >> (8 * (3 - b)));
			bytes[10] = bytes[11] = 0xff;
			v4.push_back({net::Prefix::of(net::Address::from_bytes(bytes), 1 + random() % 32), static_cast<std::uint16_t>(1 + random() % 3)});
			bytes = {0x20, 0x01, 0x0d, 0xb8};
			for (int b = 4; b < 16; b++)
				bytes[b] = static_cast<std::uint8_t>(random() & (random() % 4 ? 1 : 0xff));
			v6.push_back({net::Prefix::of(net::Address::from_bytes(bytes), 33 + random() % 96), static_cast<std::uint16_t>(1 + random() % 3)});
		}
		ipv4_ = policy::build_ranges_ipv4(v4);
		ipv6_ = policy::build_ranges_ipv6(v6);
		const auto report = report_sources(lists());
		ASSERT_TRUE(report);
		for (const auto& entries : {v4, v6}) {
			for (std::size_t i = 0; i < entries.size(); i += 1 + entries.size() / 500) {
				const auto& address = entries[i].prefix.address();
				const auto of = class_of(lists(), address);
				ASSERT_TRUE(of);
				int holding = 0;
				for (const auto& range : *report) {
					if (range.first.family() != address.family() || address < range.first || range.last < address)
						continue;
					holding++;
					EXPECT_EQ(range.failsafe, of->failsafe);
					EXPECT_EQ(range.list == "scanners", of->listed == SLUICE_SOURCE_DENIED) << address.to_string();
				}
				EXPECT_EQ(holding, 1) << address.to_string() << " of " << size;
			}
		}
	}
}

}  // namespace
}  // namespace sluice::dump
