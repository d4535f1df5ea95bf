// Who has to go when there is no more room: who proved nothing, the longest waiting first, of the network that is full.
#include <gtest/gtest.h>

#include "port/report_limit.h"
#include "port/waiting.h"

namespace sluice::port {
namespace {

net::Address at(const std::string& text)
{
	return *net::Address::parse(text);
}

TEST(PortWaiting, NetworksAreCountedBySlash24AndSlash48)
{
	EXPECT_EQ("192.0.2.0/24", network_of(at("192.0.2.77")).to_string());
	EXPECT_EQ("2001:db8:7::/48", network_of(at("2001:db8:7:1::9")).to_string());
}

TEST(PortWaiting, TheLongestWaitingOfAFullNetworkMakesRoom)
{
	Waiting waiting({.each_network = 2, .total = 10});
	const auto first = waiting.admit(at("192.0.2.1"));
	const auto second = waiting.admit(at("192.0.2.2"));
	const auto other = waiting.admit(at("198.51.100.1"));
	ASSERT_TRUE(first && second && other);
	EXPECT_FALSE(first->makes_room || second->makes_room || other->makes_room);
	const auto third = waiting.admit(at("192.0.2.3"));
	ASSERT_TRUE(third);
	EXPECT_EQ(first->id, third->makes_room);
	waiting.leave(first->id);
	const auto fourth = waiting.admit(at("192.0.2.4"));
	ASSERT_TRUE(fourth);
	EXPECT_EQ(second->id, fourth->makes_room);
	EXPECT_FALSE(waiting.admit(at("198.51.100.2"))->makes_room) << "another network has room";
}

TEST(PortWaiting, TheLongestWaitingOfAllMakesRoomWhenAllIsFull)
{
	Waiting waiting({.each_network = 2, .total = 3});
	const auto first = waiting.admit(at("192.0.2.1"));
	ASSERT_TRUE(waiting.admit(at("198.51.100.1")) && waiting.admit(at("203.0.113.1")));
	const auto newcomer = waiting.admit(at("2001:db8::1"));
	ASSERT_TRUE(first && newcomer);
	EXPECT_EQ(first->id, newcomer->makes_room);
}

TEST(PortWaiting, WhoCostsLeastToTurnAwayGoesFirst)
{
	Waiting waiting({.each_network = 4, .total = 10});
	std::vector<Waiting::Id> ids;
	for (const Stage stage : {Stage::kAsking, Stage::kShaken, Stage::kSilent, Stage::kAnswered}) {
		ids.push_back(waiting.admit(at("192.0.2.1"))->id);
		waiting.move_to(ids.back(), stage);
	}
	// Each newcomer asks at once, so that he is nobody who could go.
	const auto who_goes = [&waiting] {
		const auto admitted = waiting.admit(at("192.0.2.2"));
		if (!admitted)
			return Waiting::Id{0};
		waiting.move_to(admitted->id, Stage::kAsking);
		return admitted->makes_room.value_or(0);
	};
	EXPECT_EQ(ids[3], who_goes()) << "who has his answer";
	EXPECT_EQ(ids[2], who_goes()) << "who has said nothing";
	EXPECT_EQ(ids[1], who_goes()) << "who has shaken hands and asks for nothing";
	EXPECT_FALSE(waiting.admit(at("192.0.2.3"))) << "all the others are being answered";
	EXPECT_TRUE(waiting.admit(at("192.0.3.4"))) << "near miss: the next network";
	waiting.leave(ids[0]);
	EXPECT_TRUE(waiting.admit(at("192.0.2.3")));
}

TEST(PortWaiting, WhoWasSentAwayIsSentOnce)
{
	Waiting waiting({.each_network = 1, .total = 10});
	const auto first = waiting.admit(at("192.0.2.1"));
	const auto second = waiting.admit(at("192.0.2.2"));
	const auto third = waiting.admit(at("192.0.2.3"));
	ASSERT_TRUE(first && second && third);
	EXPECT_EQ(first->id, second->makes_room);
	EXPECT_EQ(second->id, third->makes_room) << "the first is going already";
	waiting.move_to(first->id, Stage::kAsking);  // its request came in that moment
	for (const auto& each : {first, second, third})
		waiting.leave(each->id);
	waiting.leave(first->id);
	EXPECT_EQ(0u, waiting.size());
}

TEST(PortReportLimit, WhatIsNotReportedIsCounted)
{
	constexpr std::uint64_t kSecond = 1'000'000'000;
	ReportLimit limit({.each_second = 2, .burst = 3});
	std::uint64_t now = 100 * kSecond;
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(std::optional<std::uint64_t>(0), limit.admit(now));
	for (int i = 0; i < 5; i++)
		EXPECT_FALSE(limit.admit(now));
	now += kSecond / 2;
	EXPECT_EQ(std::optional<std::uint64_t>(5), limit.admit(now));
	EXPECT_FALSE(limit.admit(now));
	now += 100 * kSecond;
	EXPECT_EQ(std::optional<std::uint64_t>(1), limit.admit(now));
	EXPECT_EQ(std::optional<std::uint64_t>(0), limit.admit(now));
	EXPECT_EQ(std::optional<std::uint64_t>(0), limit.admit(now));
	EXPECT_FALSE(limit.admit(now)) << "the burst does not grow";
}

}  // namespace
}  // namespace sluice::port
