// Events: their JSON, the bounded log, times.
#include <gtest/gtest.h>

#include "sluice/abi/verdict.h"
#include "telemetry/event_log.h"
#include "telemetry/timestamp.h"

namespace sluice::telemetry {
namespace {

TEST(TelemetryTimestamp, ThereAndBack)
{
	EXPECT_EQ(timestamp(1'700'000'000'123'456'789), "2023-11-14T22:13:20.123Z");
	EXPECT_EQ(*parse_timestamp("2023-11-14T22:13:20.123Z"), 1'700'000'000'123'000'000u);
	EXPECT_EQ(*parse_timestamp("2023-11-14T22:13:20Z"), 1'700'000'000'000'000'000u);
}

TEST(TelemetryTimestamp, WhatIsNoTimeIsAnError)
{
	for (const char* text : {"", "now", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20+01:00Z"})
		EXPECT_FALSE(parse_timestamp(text)) << text;
}

TEST(TelemetryEvent, ADropHasTheFieldsOfTheProtocol)
{
	DropEvent drop;
	drop.reason = SLUICE_SOURCE_PACKETS;
	drop.source = *net::Address::parse("192.0.2.7");
	drop.destination = *net::Address::parse("203.0.113.10");
	drop.source_port = 4711;
	drop.destination_port = 443;
	drop.protocol = 6;
	drop.service = "api";
	drop.rule = "api/each-source";
	drop.length = 60;
	drop.interface = "eth1";
	drop.generation = 3;
	EXPECT_EQ(to_json({7, 1'700'000'000'000'000'000, drop}),
	          nlohmann::json::parse(R"({"sequence": 7, "at": "2023-11-14T22:13:20.000Z", "kind": "drop", "reason": "source-packets",
	              "source": "192.0.2.7", "source_port": 4711, "destination": "203.0.113.10", "destination_port": 443,
	              "protocol": "tcp", "service": "api", "rule": "api/each-source", "length": 60, "interface": "eth1",
	              "generation": 3, "observed": false, "identity": null})"));
}

TEST(TelemetryEvent, EveryKindSaysItsKind)
{
	EXPECT_EQ(to_json({1, 0, BanEvent{*net::Prefix::parse("192.0.2.0/24"), std::nullopt, "x"}})["kind"], "ban");
	EXPECT_EQ(to_json({1, 0, UnbanEvent{}})["kind"], "unban");
	EXPECT_EQ(to_json({1, 0, PolicyEvent{"/p", 1, "", "no"}})["action"], "refused");
	EXPECT_EQ(to_json({1, 0, InterfaceEvent{"eth1", 2, true, "native"}})["action"], "attached");
	const auto lease = to_json({1, 0, LeaseEvent{"revoked", "spiffe://prod.example/a", "", ""}});
	EXPECT_EQ(lease["kind"], "lease");
	EXPECT_EQ(lease["identity"], "spiffe://prod.example/a");
	EXPECT_TRUE(lease["binding"].is_null());
}

TEST(TelemetryEventLog, ASlowReaderLosesTheOldestAndIsTold)
{
	EventLog log(4);
	for (int i = 0; i < 10; i++)
		log.append(0, UnbanEvent{});
	const auto page = log.after(2, 3);
	EXPECT_EQ(page.lost, 4u);  // 3 to 6
	ASSERT_EQ(page.events.size(), 3u);
	EXPECT_EQ(page.events.front().sequence, 7u);
	const auto rest = log.after(page.cursor, 3);
	EXPECT_EQ(rest.lost, 0u);
	ASSERT_EQ(rest.events.size(), 1u);
	EXPECT_EQ(rest.cursor, 10u);
	EXPECT_TRUE(log.after(rest.cursor, 3).events.empty());
}

TEST(TelemetryEventLog, AnEmptyLogHasNothing)
{
	EventLog log(4);
	EXPECT_EQ(log.last(), 0u);
	EXPECT_TRUE(log.after(0, 10).events.empty());
	EXPECT_EQ(log.after(0, 10).lost, 0u);
}

}  // namespace
}  // namespace sluice::telemetry
