#include <gtest/gtest.h>

#include "net/prefix.h"

namespace sluice::net {
namespace {

Prefix prefix(const char* text)
{
	return *Prefix::parse(text);
}

TEST(NetPrefix, IsParsedAndPrinted)
{
	for (const char* text : {"192.0.2.0/24", "0.0.0.0/0", "192.0.2.7", "2001:db8::/32", "::/0", "2001:db8::7", "198.51.100.128/25"})
		EXPECT_EQ(prefix(text).to_string(), text);
	EXPECT_EQ(prefix("192.0.2.7/32").to_string(), "192.0.2.7");
	EXPECT_EQ(prefix("192.0.2.0/24").mapped_length(), 120u);
	EXPECT_EQ(prefix("2001:db8::/32").mapped_length(), 32u);
	EXPECT_TRUE(prefix("192.0.2.7").is_host());
}

TEST(NetPrefix, HostBitsAreAnErrorThatSaysWhatToWrite)
{
	const auto wrong = Prefix::parse("192.0.2.1/24");
	ASSERT_FALSE(wrong);
	EXPECT_EQ(wrong.error().sentence(), "'192.0.2.1/24' has host bits set (write 192.0.2.0/24 for the network, 192.0.2.1 for the host)");
	EXPECT_FALSE(Prefix::parse("2001:db8::1/64"));
}

TEST(NetPrefix, LengthsOutOfRangeAreRefused)
{
	for (const char* text : {"192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/024", "192.0.2.0/-1", "192.0.2.0/24/24",
				 "192.0.2.0/24x", "/24", "192.0.2.0/99999999999999999999"})
		EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(NetPrefix, AMappedPrefixIsIpv4OrNothing)
{
	EXPECT_EQ(prefix("::ffff:192.0.2.0/120"), prefix("192.0.2.0/24"));
	EXPECT_FALSE(Prefix::parse("::ffff:192.0.2.0/24"));
	EXPECT_FALSE(Prefix::parse("::ffff:0:0/95"));
}

TEST(NetPrefix, ContainsWhatItHolds)
{
	EXPECT_TRUE(prefix("192.0.2.0/24").contains(*Address::parse("192.0.2.255")));
	EXPECT_FALSE(prefix("192.0.2.0/24").contains(*Address::parse("192.0.3.0")));
	EXPECT_TRUE(prefix("192.0.2.0/23").contains(prefix("192.0.2.0/24")));
	EXPECT_FALSE(prefix("192.0.2.0/24").contains(prefix("192.0.2.0/23")));
	EXPECT_TRUE(prefix("2001:db8::/33").contains(*Address::parse("2001:db8:7fff::1")));
	EXPECT_FALSE(prefix("2001:db8::/33").contains(*Address::parse("2001:db8:8000::1")));
}

TEST(NetPrefix, AFamilyHoldsNothingOfTheOther)
{
	EXPECT_FALSE(prefix("::/0").contains(*Address::parse("192.0.2.1")));
	EXPECT_FALSE(prefix("::/0").contains(prefix("0.0.0.0/0")));
	EXPECT_FALSE(prefix("0.0.0.0/0").contains(*Address::parse("::1")));
}

TEST(NetPrefix, OfClearsHostBits)
{
	EXPECT_EQ(Prefix::of(*Address::parse("192.0.2.77"), 25), prefix("192.0.2.0/25"));
	EXPECT_EQ(Prefix::of(*Address::parse("2001:db8:1:2:3::4"), 64), prefix("2001:db8:1:2::/64"));
	EXPECT_EQ(Prefix::of(*Address::parse("192.0.2.77"), 0), prefix("0.0.0.0/0"));
}

}  // namespace
}  // namespace sluice::net
