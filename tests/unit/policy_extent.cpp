#include "policy/extent.h"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

AddressKey key(const char* text)
{
	return key_of(*net::Address::parse(text));
}

TEST(PolicyExtent, RangesThatTouchAreOneAndPrefixesAreTheFewest)
{
	ExtentBuilder builder;
	builder.add(key("192.0.2.1"), key("192.0.2.1"), SLUICE_IPV4);
	builder.add(key("192.0.2.2"), key("192.0.2.3"), SLUICE_IPV4);
	builder.add(key("192.0.2.9"), key("192.0.2.9"), SLUICE_IPV4);
	builder.add(key("2001:db8::"), key("2001:db8::ffff"), SLUICE_IPV6);
	const Extent extent = builder.take();
	EXPECT_EQ(extent.ipv4.to_string(), "4");
	EXPECT_EQ(extent.ipv6.to_string(), "65536");
	EXPECT_EQ(extent.prefixes, 4u);
	EXPECT_EQ(extent.first, (std::vector<std::string>{"192.0.2.1", "192.0.2.2/31", "192.0.2.9", "2001:db8::/112"}));
	EXPECT_TRUE(builder.take().empty());
}

TEST(PolicyExtent, AllOfBothFamilies)
{
	ExtentBuilder builder;
	builder.add(0, last_key(SLUICE_IPV4), SLUICE_IPV4);
	builder.add(0, last_key(SLUICE_IPV6), SLUICE_IPV6);
	const Extent extent = builder.take();
	EXPECT_EQ(extent.first, (std::vector<std::string>{"0.0.0.0/0", "::/0"}));
	EXPECT_EQ(extent.ipv4.to_string(), "4294967296");
	EXPECT_EQ(extent.ipv6.to_string(), "340282366920938463463374607431768211456");
	EXPECT_EQ(extent.ipv6.words(), "2^128");
	EXPECT_FALSE(extent.ipv6.is_zero());
}

TEST(PolicyExtent, AllButTheEnds)
{
	ExtentBuilder builder;
	builder.add(key("::1"), key("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), SLUICE_IPV6);
	const Extent extent = builder.take();
	EXPECT_EQ(extent.prefixes, 254u);
	EXPECT_EQ(extent.ipv6.to_string(), "340282366920938463463374607431768211454");
	EXPECT_EQ(extent.ipv6.words(), "about 3.40e38");
}

TEST(PolicyExtent, CountsAreReadBack)
{
	for (const char* text : {"0", "1", "256", "79228162514264337593543950336", "340282366920938463463374607431768211455",
				 "340282366920938463463374607431768211456"}) {
		const auto count = AddressCount::parse(text);
		ASSERT_TRUE(count) << text;
		EXPECT_EQ(count->to_string(), text);
	}
	for (const char* text : {"", "01", "-1", "1x", "340282366920938463463374607431768211457", "9999999999999999999999999999999999999999"})
		EXPECT_FALSE(AddressCount::parse(text)) << text;
}

}  // namespace
}  // namespace sluice::policy
