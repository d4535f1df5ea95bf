// What is refused unless forced: what cuts off the session that applies it, and what narrows the failsafe.
#include "unit/daemon_undo_fixture.h"

namespace sluice::daemon {
namespace {

TEST_F(DaemonUndo, APolicyThatCutsOffTheSessionThatAppliesItIsRefused)
{
	ASSERT_TRUE(come_back().reply);
	const auto session = [](const char* peer) { return control::Session{*net::Address::parse(peer), 50022, *net::Address::parse("203.0.113.10"), 22}; };
	const auto inside = apply({.path = other(), .session = session("192.0.2.7")});
	ASSERT_TRUE(inside) << inside.error().sentence();
	ASSERT_TRUE(rollback());

	const auto outside = apply({.path = other(), .session = session("198.51.100.7")});
	ASSERT_FALSE(outside);
	EXPECT_EQ(outside.error().code(), ErrorCode::kDenied);
	EXPECT_NE(outside.error().sentence().find("198.51.100.7:50022: default-deny"), std::string::npos) << outside.error().sentence();
	EXPECT_FALSE(denies_by_default());
	directory_.write("list.yaml", "version: 1\nsources:\n  - {name: world, action: deny, prefixes: [198.51.100.0/24]}\n");
	const auto listed = apply({.path = directory_.at("list.yaml"), .session = session("198.51.100.7")});
	ASSERT_FALSE(listed);
	EXPECT_NE(listed.error().message().find("listed-deny, list world"), std::string::npos) << listed.error().message();
	directory_.write("watch.yaml", std::string(kSecondText) + "mode: observe\n");
	EXPECT_TRUE(apply({.path = directory_.at("watch.yaml"), .session = session("198.51.100.7")})) << "observed, nothing is dropped";
	EXPECT_FALSE(apply({.path = other(), .session = session("198.51.100.7")}));
	EXPECT_TRUE(apply({.path = other(), .force = true, .session = session("198.51.100.7")}));
	EXPECT_TRUE(denies_by_default());
}

TEST_F(DaemonUndo, ABanThatAListHeldOffCountsToo)
{
	directory_.write("policy.yaml", "version: 1\nsources:\n  - {name: ops, action: allow, prefixes: [198.51.100.0/24]}\n");
	ASSERT_TRUE(come_back().reply);
	ASSERT_TRUE(datapath_.ban({*net::Prefix::parse("198.51.100.7"), {}, 1, "by mistake"}));
	directory_.write("bare.yaml", "version: 1\n");
	const control::Session session{*net::Address::parse("198.51.100.7"), 50022, *net::Address::parse("203.0.113.10"), 22};
	const auto refused = apply({.path = directory_.at("bare.yaml"), .session = session});
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().message().find("banned"), std::string::npos) << refused.error().message();
}

TEST_F(DaemonUndo, WhatTheOverlaySaysOfTheSessionCountsToo)
{
	ASSERT_TRUE(come_back().reply);
	const control::Session session{*net::Address::parse("198.51.100.7"), 50022, *net::Address::parse("203.0.113.10"), 22};
	ASSERT_FALSE(apply({.path = other(), .session = session})) << "denied by default";
	ASSERT_TRUE(datapath_.overlay({*net::Prefix::parse("198.51.100.7"), true, {}, 1, "on call", 0}));
	ASSERT_TRUE(apply({.path = other(), .session = session}));
	ASSERT_TRUE(datapath_.overlay({*net::Prefix::parse("198.51.100.7"), false, {}, 2, "by mistake", 0}));
	directory_.write("bare.yaml", "version: 1\nfailsafe:\n  - {protocol: tcp, port: 22, from: [192.0.2.0/24]}\n");
	const auto refused = apply({.path = directory_.at("bare.yaml"), .session = session});
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().message().find("listed-deny, list overlay"), std::string::npos) << refused.error().message();
}

TEST_F(DaemonUndo, TheFailsafeIsNarrowedByForceAlone)
{
	directory_.write("policy.yaml", kSecondText);
	ASSERT_TRUE(come_back().reply);
	directory_.write("bare.yaml", "version: 1\n");
	const auto refused = apply({.path = directory_.at("bare.yaml")});
	ASSERT_FALSE(refused);
	EXPECT_NE(refused.error().sentence().find("tcp port 22 from 192.0.2.0/24"), std::string::npos) << refused.error().sentence();

	directory_.write("policy.yaml", "version: 1\n");
	policies_->reload();
	ASSERT_TRUE(run_until([&] { return policies_->degraded(); }));
	EXPECT_TRUE(denies_by_default());
	EXPECT_NE(policies_->warnings().at(1).find("tcp port 22"), std::string::npos) << policies_->warnings().at(1);
	(void)come_back();  // nor by a restart
	EXPECT_TRUE(denies_by_default());
	EXPECT_TRUE(policies_->degraded());
	ASSERT_TRUE(apply({.path = path(), .force = true}));
	EXPECT_FALSE(denies_by_default());
	EXPECT_FALSE(policies_->degraded());
}

}  // namespace
}  // namespace sluice::daemon
