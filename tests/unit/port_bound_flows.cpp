// What is remembered of flows that were bound: for the same connection and credential, for half of the lease, and boundedly.
#include <gtest/gtest.h>

#include "port/bound_flows.h"

namespace sluice::port {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

net::Flow flow(std::uint16_t port)
{
	return {*net::Address::parse("192.0.2.7"), *net::Address::parse("203.0.113.10"), port, 443};
}

BoundFlows::Holder holder(const std::string& connection, std::uint8_t credential = 1)
{
	return {connection, {credential}};
}

TEST(PortBoundFlows, StandsForTheSameForHalfOfTheLease)
{
	BoundFlows flows(10);
	flows.put(flow(1), holder("7"), 5 * kSecond, 10);
	EXPECT_TRUE(flows.stands(flow(1), holder("7"), 5 * kSecond));
	EXPECT_TRUE(flows.stands(flow(1), holder("7"), 10 * kSecond - 1));
	EXPECT_FALSE(flows.stands(flow(1), holder("7"), 10 * kSecond)) << "half of it is over";
	EXPECT_FALSE(flows.stands(flow(2), holder("7"), 5 * kSecond)) << "another flow";
	EXPECT_FALSE(flows.stands(flow(1), holder("8"), 5 * kSecond)) << "the same ports, used again";
	EXPECT_FALSE(flows.stands(flow(1), holder("7", 2), 5 * kSecond)) << "another credential";
	flows.forget_all();
	EXPECT_FALSE(flows.stands(flow(1), holder("7"), 5 * kSecond));
}

TEST(PortBoundFlows, AConnectionWithoutANumberNeverStands)
{
	BoundFlows flows(10);
	flows.put(flow(1), holder("7"), 0, 10);
	flows.put(flow(1), holder(""), 0, 10);
	EXPECT_EQ(0u, flows.size()) << "whoever had those ports before is gone";
	EXPECT_FALSE(flows.stands(flow(1), holder(""), 0));
}

TEST(PortBoundFlows, TheOldestMakesRoom)
{
	BoundFlows flows(2);
	flows.put(flow(1), holder("1"), 0, 10);
	flows.put(flow(2), holder("2"), 0, 10);
	flows.put(flow(1), holder("1"), 0, 10);
	flows.put(flow(3), holder("3"), 0, 10);
	EXPECT_EQ(2u, flows.size());
	EXPECT_TRUE(flows.stands(flow(1), holder("1"), 0));
	EXPECT_FALSE(flows.stands(flow(2), holder("2"), 0));
	EXPECT_TRUE(flows.stands(flow(3), holder("3"), 0));
}

}  // namespace
}  // namespace sluice::port
