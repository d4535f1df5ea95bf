#include <gtest/gtest.h>

#include "net/address.h"

namespace sluice::net {
namespace {

TEST(NetAddress, Ipv4IsParsedIntoItsMappedForm)
{
	const auto address = Address::parse("192.0.2.1");
	ASSERT_TRUE(address);
	EXPECT_TRUE(address->is_ipv4());
	EXPECT_EQ(address->bits(), 32u);
	EXPECT_EQ(address->bytes()[10], 0xff);
	EXPECT_EQ(address->bytes()[15], 1);
	EXPECT_EQ(address->to_string(), "192.0.2.1");
}

TEST(NetAddress, Ipv6IsPrintedAsRfc5952)
{
	for (const auto& [text, printed] : {std::pair{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"}, {"::", "::"}, {"2001:db8:0:1::", "2001:db8:0:1::"}}) {
		const auto address = Address::parse(text);
		ASSERT_TRUE(address) << text;
		EXPECT_FALSE(address->is_ipv4());
		EXPECT_EQ(address->to_string(), printed);
	}
}

TEST(NetAddress, AMappedAddressIsIpv4)
{
	EXPECT_EQ(*Address::parse("::ffff:192.0.2.1"), *Address::parse("192.0.2.1"));
	EXPECT_EQ(*Address::parse("::ffff:c000:201"), *Address::parse("192.0.2.1"));
}

TEST(NetAddress, WhatIsNoAddressIsRefused)
{
	for (const std::string text : {"", "192.0.2", "192.0.2.256", "192.0.2.01", "0x7f.0.0.1", "192.0.2.1 ", " 192.0.2.1", "1.2.3.4.5",
				       "2001:db8::1%eth0", "2001:db8", "1::2::3", ":::", "host", "192.0.2.1/24", "-1.0.0.0"}) {
		const auto address = Address::parse(text);
		EXPECT_FALSE(address) << text;
		if (!address) {
			EXPECT_EQ(address.error().code(), ErrorCode::kInvalid);
		}
	}
	EXPECT_FALSE(Address::parse(std::string_view("::1\0", 4)));
	EXPECT_FALSE(Address::parse(std::string(100000, ':')));
}

TEST(NetAddress, CrossesTheAbiByCopy)
{
	const auto address = *Address::parse("2001:db8::42");
	EXPECT_EQ(Address::from_abi(address.to_abi()), address);
	EXPECT_EQ(Address::from_bytes(address.bytes()), address);
}

}  // namespace
}  // namespace sluice::net
