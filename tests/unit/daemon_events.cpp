// Security events on the datapath without a kernel: whom they revoke, for how long, and what a replay does.
#include <gtest/gtest.h>

#include "base/file.h"
#include "daemon/leasing.h"
#include "identity/subject.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using identity::Refusal;

constexpr const char* kIssuer = "https://idp.example";

class DaemonEvents : public testing::Test {
protected:
	void SetUp() override
	{
		spdlog::set_level(spdlog::level::off);
		ASSERT_TRUE(leasing_.start());
	}

	Leasing another() { return Leasing({datapath_, clock_, journal_, disk_, directory_.at("state"), [] { return std::string("d1"); }}); }
	identity::Identity named(const std::string& name, const std::string& holder = {}) const
	{
		identity::Identity identity;
		identity.name = "spiffe://prod.example/" + name;
		identity.authority = "prod.example";
		identity.thumbprint = identity::Thumbprint{{9}};
		identity.issuer = holder.empty() ? "" : kIssuer;
		identity.token_subject = holder;
		identity.until = identity::moment_of_unix_ns(clock_.unix_ns()) + std::chrono::hours(24);
		return identity;
	}
	static datapath::Binding flow(std::uint16_t port)
	{
		return datapath::Flow{*net::Address::parse("198.51.100.7"), *net::Address::parse("203.0.113.10"), port, 443, net::kTcp};
	}
	static identity::SecurityEvent event(const std::string& subject, const std::string& id = "e1") { return {kIssuer, id, "session-revoked", subject}; }
	std::size_t leases() { return datapath_.leases()->leases.size(); }

	test::Directory directory_;
	ManualClock clock_;
	datapath::MemoryDatapath datapath_{clock_};
	Journal journal_{clock_, [] {}};
	Disk disk_;
	Leasing leasing_ = another();
};

TEST_F(DaemonEvents, WhoIsMeantIsRevokedUntilSomebodyRestoresHim)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)) && leasing_.grant(named("b"), flow(2)));
	ASSERT_TRUE(leasing_.take_event(event(named("a").name)));
	EXPECT_EQ(leases(), 1u);
	EXPECT_EQ(leasing_.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	const auto row = leasing_.list({}).rows[0];
	EXPECT_EQ(row.revoked->by, kIssuer);
	EXPECT_EQ(row.revoked->why, "session-revoked, event e1");
	const std::string audit = *read_file(directory_.at("state") + "/audit.jsonl");
	EXPECT_NE(audit.find("\"event\":\"revoked\",\"identity\":\"spiffe://prod.example/a\",\"by\":\"https://idp.example\",\"reason\":\"session-revoked, event e1\",\"ended_leases\":1"),
		  std::string::npos) << audit;
	Leasing next = another();
	ASSERT_TRUE(next.start());
	EXPECT_EQ(next.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked) << "after a restart";
	ASSERT_TRUE(next.restore(named("a").name, "anna"));
	EXPECT_TRUE(next.grant(named("a"), flow(1)));
}

TEST_F(DaemonEvents, AReplayChangesNothing)
{
	ASSERT_TRUE(leasing_.take_event(event(named("a").name)));
	ASSERT_TRUE(leasing_.restore(named("a").name, "anna"));
	ASSERT_TRUE(leasing_.take_event(event(named("a").name))) << "who brings it again is told that it is taken";
	EXPECT_TRUE(leasing_.grant(named("a"), flow(1)));
	ASSERT_TRUE(leasing_.take_event(event(named("a").name, "e2"))) << "near miss: another event";
	EXPECT_FALSE(leasing_.grant(named("a"), flow(1)));
}

TEST_F(DaemonEvents, TheHolderOfATokenLosesWhatItHelpedToProve)
{
	ASSERT_TRUE(leasing_.grant(named("a", "alice"), flow(1)));
	ASSERT_TRUE(leasing_.grant(named("a", "bob"), flow(2)));
	ASSERT_TRUE(leasing_.grant(named("a"), flow(3)));
	ASSERT_TRUE(leasing_.take_event(event(std::string(kIssuer) + "#alice")));
	EXPECT_EQ(leases(), 2u);
	EXPECT_EQ(leasing_.grant(named("a", "alice"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	EXPECT_TRUE(leasing_.grant(named("a", "bob"), flow(1))) << "near miss: the same certificate, another's token";
	identity::Identity other = named("a", "alice");
	other.issuer = "https://other.example";
	EXPECT_TRUE(leasing_.grant(other, flow(4))) << "near miss: another issuer's alice";
}

TEST_F(DaemonEvents, ACertificateAndATokenAlone)
{
	identity::Identity alone;
	alone.name = std::string(kIssuer) + "#alice";
	alone.authority = alone.issuer = kIssuer;
	alone.token_subject = "alice";
	alone.until = named("a").until;
	ASSERT_TRUE(leasing_.grant(alone, flow(1)) && leasing_.grant(named("a"), flow(2)));
	ASSERT_TRUE(leasing_.take_event(event(alone.name)));
	EXPECT_EQ(leases(), 1u);
	EXPECT_FALSE(leasing_.grant(alone, flow(1)));
	ASSERT_TRUE(leasing_.take_event(event(identity::subject_of(*named("a").thumbprint), "e2")));
	EXPECT_EQ(leases(), 0u);
	EXPECT_EQ(leasing_.grant(named("a"), flow(2)).error().refusal, Refusal::kRevoked);
	EXPECT_EQ(leasing_.use().leases, 0u);
}

TEST_F(DaemonEvents, WhatCouldNotBeWrittenDownHoldsAndIsToBeToldAgain)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	disk_.fail_at(1, ENOSPC);
	EXPECT_FALSE(leasing_.take_event(event(named("a").name)));
	EXPECT_EQ(leases(), 0u);
	EXPECT_TRUE(leasing_.take_event(event(named("a").name))) << "not taken for a replay";
	EXPECT_FALSE(leasing_.degraded());
}

TEST_F(DaemonEvents, PersonsTransmittersAndFilesAreThree)
{
	const std::string name = named("a").name;
	ASSERT_TRUE(leasing_.take_event(event(name)));
	ASSERT_TRUE(leasing_.revoke({name, "by hand"}, "anna"));
	leasing_.follow_file("/f", {{name, "", 4}});
	const auto revoked = leasing_.list({}).rows[0].revoked;
	EXPECT_EQ(revoked->by, "anna");
	EXPECT_EQ(revoked->also, (std::vector<std::string>{kIssuer, "/f:4"}));
	EXPECT_EQ(leasing_.restore(name, "anna").error().code(), ErrorCode::kExists);
	leasing_.follow_file("/f", {});
	EXPECT_FALSE(leasing_.grant(named("a"), flow(1)));
	ASSERT_TRUE(leasing_.restore(name, "anna"));
	EXPECT_TRUE(leasing_.grant(named("a"), flow(1)));
}

TEST(DaemonSeenEvents, AreForgottenWhenNobodyCanBringThemAgain)
{
	SeenEvents seen(100);
	seen.add("i", "1", 10);
	EXPECT_TRUE(seen.contains("i", "1", 109));
	EXPECT_FALSE(seen.contains("j", "1", 50)) << "another transmitter's";
	EXPECT_FALSE(seen.contains("i", "1", 110));
	for (std::size_t i = 0; i <= SeenEvents::kMost; i++)
		seen.add("i", std::to_string(i), 200);
	EXPECT_FALSE(seen.contains("i", "0", 201)) << "the oldest makes room";
	EXPECT_TRUE(seen.contains("i", "1", 201));
}

}  // namespace
}  // namespace sluice::daemon
