// Leasing on the datapath without a kernel: what is written down, what a restart and a lost disk leave, and the routes.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "daemon/leasing.h"
#include "telemetry/audit.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using identity::Refusal;
using nlohmann::json;

datapath::Binding flow(std::uint16_t port)
{
	return datapath::Flow{*net::Address::parse("198.51.100.7"), *net::Address::parse("203.0.113.10"), port, 443, net::kTcp};
}

class DaemonLeasing : public testing::Test {
protected:
	void SetUp() override
	{
		spdlog::set_level(spdlog::level::off);
		ASSERT_TRUE(leasing_.start());
	}

	Leasing another() { return Leasing({datapath_, clock_, journal_, disk_, directory_.at("state"), [] { return std::string("d1"); }}); }

	identity::Identity named(const std::string& name) const
	{
		identity::Identity identity;
		identity.name = "spiffe://prod.example/" + name;
		identity.authority = "prod.example";
		identity.thumbprint = identity::Thumbprint{{0xab, 0x01}};
		identity.token_id = "t-1";
		identity.roles = 2;
		identity.until = identity::moment_of_unix_ns(clock_.unix_ns()) + std::chrono::hours(1);
		return identity;
	}

	std::string audit_path() const { return directory_.at("state") + "/audit.jsonl"; }
	std::vector<json> audit() const
	{
		const auto text = read_file(audit_path());
		EXPECT_TRUE(text && telemetry::verify_audit(*text, {}));
		std::vector<json> lines;
		for (std::size_t at = 0; text && at < text->size(); at = text->find('\n', at) + 1)
			lines.push_back(json::parse(text->substr(at, text->find('\n', at) - at)));
		return lines;
	}

	test::Directory directory_;
	ManualClock clock_;
	datapath::MemoryDatapath datapath_{clock_};
	Journal journal_{clock_, [] {}};
	Disk disk_;
	Leasing leasing_ = another();
};

TEST_F(DaemonLeasing, EveryChangeAndRefusalIsALine)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	EXPECT_EQ(leasing_.grant(named("a"), *net::Prefix::parse("10.1.0.7")).error().refusal, Refusal::kAddressShared);
	leasing_.turned_away({"revoked", "certificate 0", *net::Address::parse("198.51.100.9"), {}, 7});
	EXPECT_EQ(*leasing_.revoke({named("a").name, "lost laptop"}, "anna"), 1u);
	ASSERT_TRUE(leasing_.restore(named("a").name, "anna"));

	const auto lines = audit();
	ASSERT_EQ(lines.size(), 6u);
	EXPECT_EQ(lines[0]["event"], "granted");
	EXPECT_EQ(lines[0]["identity"], named("a").name);
	EXPECT_EQ(lines[0]["thumbprint"].get<std::string>().substr(0, 4), "ab01");
	EXPECT_EQ(lines[0]["jti"], "t-1");
	EXPECT_EQ(lines[0]["binding"], "198.51.100.7:1 > 203.0.113.10:443 tcp");
	EXPECT_EQ(lines[0]["lease_seconds"], 300);
	EXPECT_EQ(lines[0]["policy"], "d1");
	EXPECT_EQ(lines[1]["event"], "renewed");
	EXPECT_EQ(lines[2]["reason"], "address-shared");
	EXPECT_EQ(lines[3]["reason"], "revoked");
	EXPECT_EQ(lines[3]["peer"], "198.51.100.9");
	EXPECT_EQ(lines[3]["unreported"], 7);
	EXPECT_EQ(lines[4]["event"], "revoked");
	EXPECT_EQ(lines[4]["by"], "anna");
	EXPECT_EQ(lines[4]["ended_leases"], 1);
	EXPECT_EQ(lines[5]["event"], "restored");
}

TEST_F(DaemonLeasing, WhoIsRevokedStaysSoWhateverRestarts)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	EXPECT_EQ(*leasing_.revoke({named("a").name, ""}, "root"), 1u);
	EXPECT_EQ(*leasing_.revoke({named("never-seen").name, ""}, "root"), 0u);
	datapath::MemoryDatapath after_reboot(clock_);
	Leasing next({after_reboot, clock_, journal_, disk_, directory_.at("state"), [] { return std::string(); }});
	ASSERT_TRUE(next.start());
	EXPECT_EQ(next.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	EXPECT_EQ(next.grant(named("never-seen"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	EXPECT_TRUE(next.grant(named("b"), flow(1)));
	ASSERT_TRUE(next.restore(named("a").name, "root"));
	EXPECT_TRUE(next.grant(named("a"), flow(1)));
	EXPECT_EQ(next.restore(named("a").name, "root").error().code(), ErrorCode::kNotFound);
}

TEST_F(DaemonLeasing, ARevocationThatCannotBeWrittenDownHoldsAndSaysSo)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	disk_.fail_at(1, ENOSPC);
	const auto revoked = leasing_.revoke({named("a").name, ""}, "root");
	ASSERT_FALSE(revoked);
	EXPECT_NE(revoked.error().sentence().find("could not be written down"), std::string::npos);
	EXPECT_EQ(datapath_.leases()->leases.size(), 0u);
	EXPECT_EQ(leasing_.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	disk_.fail_at(1, ENOSPC);
	EXPECT_FALSE(leasing_.restore(named("a").name, "root"));
	EXPECT_EQ(leasing_.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked) << "a failed restore changes nothing";
}

TEST_F(DaemonLeasing, ARevocationThatCouldNotBeWrittenDownIsWrittenOnceThereIsRoom)
{
	disk_.fail_at(1, ENOSPC);
	ASSERT_FALSE(leasing_.revoke({named("never-seen").name, ""}, "root"));
	ASSERT_EQ(leasing_.warnings().size(), 1u);
	EXPECT_NE(leasing_.warnings()[0].find("lost with the daemon"), std::string::npos);
	disk_.fail_at(1, ENOSPC);
	leasing_.tick();
	EXPECT_EQ(leasing_.warnings().size(), 1u) << "there is no room yet";
	leasing_.tick();
	EXPECT_TRUE(leasing_.warnings().empty());
	Leasing next = another();
	ASSERT_TRUE(next.start());
	EXPECT_EQ(next.grant(named("never-seen"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
}

TEST_F(DaemonLeasing, ADamagedListIsSetAsideAndSaid)
{
	directory_.write("state/revoked.json", "{\"version\": 1, \"revoked\": [{}]}");
	Leasing next = another();
	ASSERT_TRUE(next.start());
	ASSERT_EQ(next.warnings().size(), 1u);
	EXPECT_NE(next.warnings()[0].find("revoked.json.damaged"), std::string::npos);
	EXPECT_TRUE(next.degraded()) << "nobody is revoked by name until somebody looks";
	EXPECT_FALSE(leasing_.degraded());
	EXPECT_TRUE(std::filesystem::exists(directory_.at("state/revoked.json.damaged")));

	directory_.write("state/revoked.json", "{\"version\": \"1\", \"revoked\": []}");
	Leasing after = another();
	ASSERT_TRUE(after.start());
	EXPECT_EQ(after.warnings().size(), 1u) << "a version that is no number is none of ours";
	EXPECT_EQ(*read_file(directory_.at("state/revoked.json.damaged")), "{\"version\": 1, \"revoked\": [{}]}") << "the first stays";
	EXPECT_TRUE(std::filesystem::exists(directory_.at("state/revoked.json.damaged.2")));
}

TEST_F(DaemonLeasing, TheBeginningOfALongNameRevokesNobodyAndSaysSo)
{
	const std::string name = named(std::string(200, 'a')).name;
	ASSERT_TRUE(leasing_.grant(named(std::string(200, 'a')), flow(1)));
	EXPECT_EQ(*leasing_.revoke({"spiffe://prod.example/nobody", ""}, "root"), 0u);
	Leasing next = another();
	ASSERT_TRUE(next.start());
	const std::string shown = name.substr(0, sizeof(sluice_identity_name::name) - 1);
	ASSERT_EQ(next.list({}).rows[0].identity, shown);
	const auto refused = next.revoke({shown, ""}, "root");
	ASSERT_FALSE(refused);
	EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
	EXPECT_EQ(next.use().revoked, 1u) << "what was refused is not written down";
	EXPECT_EQ(datapath_.leases()->leases.size(), 1u);
	EXPECT_EQ(*next.revoke({name, ""}, "root"), 1u);
	EXPECT_EQ(datapath_.leases()->leases.size(), 0u);
}

TEST_F(DaemonLeasing, TheAuditChainOutlivesTheDaemonARotationAndDamage)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	{
		Leasing next = another();
		ASSERT_TRUE(next.start());
		ASSERT_TRUE(next.grant(named("b"), flow(2)));
		EXPECT_EQ(audit().size(), 2u);
		std::filesystem::rename(audit_path(), audit_path() + ".1");
		next.tick();
		ASSERT_TRUE(next.grant(named("c"), flow(3)));
	}
	const auto moved = telemetry::end_of(*read_file(audit_path() + ".1"));
	const auto from = telemetry::beginning_of(*read_file(audit_path()));
	ASSERT_TRUE(moved && from);
	EXPECT_EQ(from->hash, moved->hash);
	EXPECT_EQ(from->sequence, 2u);

	std::filesystem::rename(audit_path(), audit_path() + ".1");
	Leasing after = another();
	ASSERT_TRUE(after.start());
	ASSERT_TRUE(after.grant(named("d"), flow(4)));
	EXPECT_EQ(telemetry::beginning_of(*read_file(audit_path()))->sequence, 3u) << "moved while nobody ran";

	directory_.write("state/audit.jsonl", "half a li");
	Leasing last = another();
	ASSERT_TRUE(last.start());
	ASSERT_TRUE(last.grant(named("e"), flow(5)));
	EXPECT_EQ(audit().size(), 1u);
	EXPECT_TRUE(std::filesystem::exists(audit_path() + ".damaged"));
}

TEST_F(DaemonLeasing, ALineWrittenWhereTheFileCouldNotBeOpenedBeforeFollowsFromWhatIsThereNow)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	ASSERT_TRUE(leasing_.grant(named("b"), flow(2)));
	std::filesystem::rename(audit_path(), audit_path() + ".kept");
	std::filesystem::create_directory(audit_path());
	AuditLog log(audit_path(), clock_);
	EXPECT_FALSE(log.open());
	std::filesystem::remove(audit_path());
	std::filesystem::rename(audit_path() + ".kept", audit_path());
	log.record(AuditLog::Kind::kChange, {{"event", "granted"}});
	EXPECT_FALSE(log.trouble());
	EXPECT_EQ(audit().size(), 3u) << "audit() asks whether the chain holds";
}

TEST_F(DaemonLeasing, RefusalsCannotFillTheAuditFile)
{
	for (std::uint64_t i = 0; i < AuditLog::kMostRefusals + 30; i++)
		leasing_.turned_away({"no-credential", "", *net::Address::parse("198.51.100.9"), {}});
	EXPECT_EQ(audit().size(), AuditLog::kMostRefusals);
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	EXPECT_EQ(audit().back()["lost"], 30);
	clock_.advance(1'000'000'000);
	leasing_.turned_away({"no-credential", "", *net::Address::parse("198.51.100.9"), {}});
	EXPECT_EQ(audit().size(), AuditLog::kMostRefusals + 2);
}

TEST_F(DaemonLeasing, TheListNamesHoldersAndRevoked)
{
	ASSERT_TRUE(leasing_.grant(named("a"), flow(1)));
	ASSERT_TRUE(leasing_.grant(named("a"), flow(2)));
	EXPECT_TRUE(leasing_.revoke({named("z").name, "gone"}, "root"));
	const auto list = leasing_.list({});
	ASSERT_EQ(list.rows.size(), 2u);
	EXPECT_EQ(list.rows[0].identity, named("a").name);
	EXPECT_EQ(list.rows[0].leases, 2u);
	EXPECT_EQ(list.rows[0].remaining_ns, 300'000'000'000u);
	EXPECT_FALSE(list.rows[0].revoked);
	EXPECT_EQ(list.rows[1].revoked->why, "gone");
	EXPECT_EQ(list.use.leases, 2u);
	EXPECT_EQ(list.use.identities, 1u);
	clock_.advance(301'000'000'000);
	leasing_.tick();
	EXPECT_EQ(leasing_.use().leases, 0u);
	EXPECT_EQ(leasing_.list({}).rows.size(), 1u);
}

TEST(DaemonIdentities, RevokedAndRestoredOverTheSocket)
{
	test::DaemonHost host;
	test::RunningDaemon daemon(host);
	ASSERT_FALSE(daemon.failure);
	const json wanted = {{"identity", "spiffe://prod.example/a"}, {"why", "test"}};
	const auto revoked = daemon.client.post("/v1/identities/revoke", wanted);
	ASSERT_TRUE(revoked) << revoked.error().sentence();
	EXPECT_EQ((*revoked)["ended_leases"], 0);
	const auto list = daemon.client.get("/v1/identities");
	ASSERT_TRUE(list);
	ASSERT_EQ((*list)["identities"].size(), 1u);
	EXPECT_EQ((*list)["identities"][0]["revoked"]["why"], "test");
	EXPECT_EQ(daemon.client.post("/v1/identities/revoke", {{"identity", ""}}).error().code(), ErrorCode::kInvalid);
	EXPECT_EQ(daemon.client.post("/v1/identities/revoke", {{"identity", "a\nb"}}).error().code(), ErrorCode::kInvalid);
	EXPECT_TRUE(daemon.client.post("/v1/identities/restore", {{"identity", "spiffe://prod.example/a"}}));
	EXPECT_EQ(daemon.client.post("/v1/identities/restore", {{"identity", "spiffe://prod.example/a"}}).error().code(), ErrorCode::kNotFound);
	EXPECT_EQ((*daemon.client.get("/v1/identities"))["identities"].size(), 0u);
}

}  // namespace
}  // namespace sluice::daemon
