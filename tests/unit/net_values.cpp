#include <gtest/gtest.h>

#include "net/port_range.h"
#include "net/protocol.h"
#include "net/rate.h"

namespace sluice::net {
namespace {

TEST(NetPortRange, OnePortOrSeveral)
{
	EXPECT_EQ(*PortRange::parse("443"), (PortRange{443, 443}));
	EXPECT_EQ(*PortRange::parse("8000-8099"), (PortRange{8000, 8099}));
	EXPECT_EQ(PortRange::parse("8000-8099")->to_string(), "8000-8099");
	EXPECT_EQ(PortRange::parse("1-65535")->last, 65535);
	EXPECT_TRUE((PortRange{10, 20}.contains(20)));
	EXPECT_FALSE((PortRange{10, 20}.contains(21)));
}

TEST(NetPortRange, WhatIsNoRangeIsRefused)
{
	for (const char* text : {"", "0", "0-5", "65536", "5-4", "5-", "-5", "1-2-3", "http", "443 ", "+443", "0443", "1,2"})
		EXPECT_FALSE(PortRange::parse(text)) << text;
}

TEST(NetProtocol, NameOrNumber)
{
	EXPECT_EQ(*Protocol::parse("tcp"), kTcp);
	EXPECT_EQ(*Protocol::parse("17"), kUdp);
	EXPECT_EQ(Protocol::parse("icmpv6")->number, 58);
	EXPECT_EQ(Protocol::parse("255")->to_string(), "255");
	EXPECT_EQ(kTcp.to_string(), "tcp");
	EXPECT_TRUE(kTcp.has_ports());
	EXPECT_FALSE(kIcmp.has_ports());
	for (const char* text : {"", "TCP", "256", "tcp6", "6 ", "-1"})
		EXPECT_FALSE(Protocol::parse(text)) << text;
}

TEST(NetRate, CountsAndPeriods)
{
	EXPECT_EQ(*Rate::parse("2000/s"), (Rate{2000, 1}));
	EXPECT_EQ(*Rate::parse("50k/s"), (Rate{50'000, 1}));
	EXPECT_EQ(*Rate::parse("30/m"), (Rate{30, 60}));
	EXPECT_EQ(*Rate::parse("1G/h"), (Rate{1'000'000'000, 3600}));
	EXPECT_DOUBLE_EQ(Rate::parse("30/m")->per_second(), 0.5);
}

TEST(NetRate, IsPrintedAsShortAsItGoes)
{
	for (const char* text : {"2k/s", "1500/s", "1M/s", "1G/h", "30/m"})
		EXPECT_EQ(Rate::parse(text)->to_string(), text);
	EXPECT_EQ(Rate::parse("2000/s")->to_string(), "2k/s");
}

TEST(NetRate, WhatIsNoRateIsRefused)
{
	for (const char* text : {"", "5", "/s", "0/s", "-1/s", "1.5/s", "5/d", "5 /s", "5/ s", "5K/s", "5kk/s", "99999999999999999999/s",
				 "9007199254740993/s", "10000000G/s"})
		EXPECT_FALSE(Rate::parse(text)) << text;
	EXPECT_TRUE(Rate::parse("9007199254740992/s"));
}

TEST(NetRate, ACountHasTheSameSuffixes)
{
	EXPECT_EQ(*parse_count("0"), 0u);
	EXPECT_EQ(*parse_count("20k"), 20'000u);
	EXPECT_EQ(*parse_count("1G"), 1'000'000'000u);
	for (const char* text : {"", "k", "1/s", "1e3", "9007199254740993"})
		EXPECT_FALSE(parse_count(text)) << text;
}

}  // namespace
}  // namespace sluice::net
