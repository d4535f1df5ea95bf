#include "net/endpoint.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(NetEndpoint, WhatPeopleWriteIsRead)
{
	struct Row {
		const char* text;
		const char* address;
		std::optional<std::uint16_t> port;
	};
	for (const Row& row : {Row{"192.0.2.1", "192.0.2.1", std::nullopt}, Row{"192.0.2.1:443", "192.0.2.1", 443}, Row{"192.0.2.1:0", "192.0.2.1", 0},
			       Row{"2001:db8::1", "2001:db8::1", std::nullopt}, Row{"[2001:db8::1]", "2001:db8::1", std::nullopt},
			       Row{"[2001:db8::1]:65535", "2001:db8::1", 65535}, Row{"::", "::", std::nullopt}}) {
		const auto endpoint = Endpoint::parse(row.text);
		ASSERT_TRUE(endpoint) << row.text << ": " << endpoint.error().sentence();
		EXPECT_EQ(endpoint->address.to_string(), row.address);
		EXPECT_EQ(endpoint->port, row.port);
		const auto again = Endpoint::parse(endpoint->to_string());
		ASSERT_TRUE(again);
		EXPECT_EQ(*again, *endpoint);
	}
}

TEST(NetEndpoint, AnythingElseIsRefusedWithAdvice)
{
	for (const char* text : {"", ":443", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:x", "192.0.2.1:443x", "192.0.2.256", "[2001:db8::1", "[]:1",
				 "[2001:db8::1]443", "2001:db8::1]:443", "host:443", "192.0.2.0/24", "[192.0.2.1/24]"}) {
		const auto endpoint = Endpoint::parse(text);
		ASSERT_FALSE(endpoint) << text;
		EXPECT_EQ(endpoint.error().code(), ErrorCode::kInvalid);
		EXPECT_NE(endpoint.error().sentence().find("[2001:db8::1]:PORT"), std::string::npos) << endpoint.error().sentence();
	}
}

}  // namespace
}  // namespace sluice::net
