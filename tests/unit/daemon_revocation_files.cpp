// Revocation files on the datapath without a kernel: what they revoke and restore, what they leave alone, and what is said
// when one cannot be followed.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "daemon/revocation_files.h"
#include "identity/subject.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using identity::Refusal;

class DaemonRevocationFiles : public testing::Test {
protected:
	void SetUp() override
	{
		spdlog::set_level(spdlog::level::off);
		ASSERT_TRUE(leasing_.start());
	}

	Leasing another() { return Leasing({datapath_, clock_, journal_, disk_, directory_.at("state"), [] { return std::string("d1"); }}); }
	std::string file(const char* name = "revoked.list") const { return directory_.at(name); }
	void write(const std::string& text, const char* name = "revoked.list") { directory_.write(name, text); }
	void follow() { files_.follow({file()}); }

	identity::Identity named(const std::string& name, std::uint8_t certificate = 1) const
	{
		identity::Identity identity;
		identity.name = "spiffe://prod.example/" + name;
		identity.authority = "prod.example";
		identity.thumbprint = identity::Thumbprint{{certificate, 0x01}};
		identity.until = identity::moment_of_unix_ns(clock_.unix_ns()) + std::chrono::hours(1);
		return identity;
	}
	static datapath::Binding flow(std::uint16_t port)
	{
		return datapath::Flow{*net::Address::parse("198.51.100.7"), *net::Address::parse("203.0.113.10"), port, 443, net::kTcp};
	}
	bool is_granted(const std::string& name, std::uint16_t port = 1) { return static_cast<bool>(leasing_.grant(named(name), flow(port))); }
	std::size_t leases() { return datapath_.leases()->leases.size(); }
	std::string audit() const { return *read_file(directory_.at("state") + "/audit.jsonl"); }

	test::Directory directory_;
	ManualClock clock_;
	datapath::MemoryDatapath datapath_{clock_};
	Journal journal_{clock_, [] {}};
	Disk disk_;
	boost::asio::io_context loop_;
	Leasing leasing_ = another();
	RevocationFiles files_{loop_, clock_, leasing_};
};

TEST_F(DaemonRevocationFiles, WhoIsInItIsRevokedAndWhoLeavesItRestored)
{
	ASSERT_TRUE(is_granted("a", 1) && is_granted("b", 2));
	write("spiffe://prod.example/a # lost laptop\n");
	follow();
	EXPECT_EQ(leases(), 1u);
	EXPECT_EQ(leasing_.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	EXPECT_TRUE(is_granted("b", 2)) << "near miss: its neighbour";
	const auto list = leasing_.list({});
	ASSERT_EQ(list.rows.size(), 2u);
	EXPECT_EQ(list.rows[0].revoked->by, file() + ":1");
	EXPECT_EQ(list.rows[0].revoked->why, "lost laptop");

	write("# nobody\n");
	follow();
	EXPECT_TRUE(is_granted("a", 1));
	EXPECT_NE(audit().find("\"event\":\"revoked\",\"identity\":\"spiffe://prod.example/a\",\"by\":\"" + file() + ":1\",\"reason\":\"lost laptop\",\"ended_leases\":1"),
		  std::string::npos) << audit();
	EXPECT_NE(audit().find("\"event\":\"restored\",\"identity\":\"spiffe://prod.example/a\",\"by\":\"" + file() + "\""), std::string::npos) << audit();
}

TEST_F(DaemonRevocationFiles, NobodyTakesBackWhatTheOtherSaid)
{
	ASSERT_TRUE(leasing_.revoke({named("a").name, "by hand"}, "anna"));
	write("spiffe://prod.example/a\nspiffe://prod.example/b\n");
	follow();
	const auto revoked = leasing_.list({}).rows[0].revoked;
	EXPECT_EQ(revoked->by, "anna");
	EXPECT_EQ(revoked->also, std::vector<std::string>{file() + ":1"});
	for (const char* name : {"a", "b"}) {
		const auto refused = leasing_.restore(named(name).name, "anna");
		ASSERT_FALSE(refused);
		EXPECT_EQ(refused.error().code(), ErrorCode::kExists);
		EXPECT_NE(refused.error().message().find(file() + ":"), std::string::npos) << refused.error().message();
	}
	write("");
	follow();
	EXPECT_FALSE(is_granted("a")) << "what a person revoked";
	EXPECT_TRUE(is_granted("b"));
	ASSERT_TRUE(leasing_.restore(named("a").name, "anna"));
	EXPECT_TRUE(is_granted("a"));
}

TEST_F(DaemonRevocationFiles, ACertificateEndsWhatItProvedAndNothingElse)
{
	ASSERT_TRUE(leasing_.grant(named("a", 1), flow(1)));
	ASSERT_TRUE(leasing_.grant(named("a", 2), flow(2)));
	ASSERT_TRUE(leasing_.grant(named("a", 1), flow(3)));
	ASSERT_TRUE(leasing_.grant(named("a", 2), flow(3))) << "renewed by another certificate";
	write(identity::fingerprint_of(*named("a", 1).thumbprint) + " # stolen\n");
	follow();
	EXPECT_EQ(leases(), 2u);
	EXPECT_EQ(leasing_.grant(named("a", 1), flow(1)).error().refusal, Refusal::kRevoked);
	EXPECT_TRUE(leasing_.grant(named("a", 2), flow(1))) << "the identity by its other certificate";
	EXPECT_EQ(leasing_.use().leases, 3u);
	write("");
	follow();
	EXPECT_TRUE(leasing_.grant(named("a", 1), flow(1)));
}

TEST_F(DaemonRevocationFiles, AFileThatIsWrongChangesNothingAndIsSaid)
{
	write("spiffe://prod.example/a\n");
	follow();
	EXPECT_FALSE(files_.degraded());
	write("spiffe://prod.example/b\nspiffe://prod.example/*\n");
	follow();
	EXPECT_FALSE(is_granted("a")) << "as before";
	EXPECT_TRUE(is_granted("b")) << "nobody else";
	EXPECT_TRUE(files_.degraded());
	ASSERT_EQ(files_.warnings().size(), 2u);
	EXPECT_NE(files_.warnings()[0].find(file() + ":2:1: error: "), std::string::npos) << files_.warnings()[0];

	std::filesystem::remove(file());
	follow();
	EXPECT_FALSE(is_granted("a"));
	EXPECT_TRUE(files_.degraded());
	write("spiffe://prod.example/b\n");
	follow();
	EXPECT_TRUE(is_granted("a"));
	EXPECT_FALSE(is_granted("b"));
	EXPECT_FALSE(files_.degraded());
}

TEST_F(DaemonRevocationFiles, AFileThatPolicyNoLongerNamesHasNoSayOnceTheOthersAreFollowed)
{
	write("spiffe://prod.example/a\n");
	follow();
	files_.follow({file("other.list")});
	EXPECT_FALSE(is_granted("a")) << "the other is not there yet";
	write("spiffe://prod.example/b\n", "other.list");
	files_.follow({file("other.list")});
	EXPECT_TRUE(is_granted("a"));
	EXPECT_FALSE(is_granted("b"));
	files_.follow({});
	EXPECT_TRUE(is_granted("b"));
	EXPECT_TRUE(leasing_.revocation_files().empty());
}

TEST_F(DaemonRevocationFiles, WhatItSaidOutlivesTheDaemonAndTheFile)
{
	write("spiffe://prod.example/a\n");
	follow();
	std::filesystem::remove(file());
	Leasing next = another();
	ASSERT_TRUE(next.start());
	EXPECT_EQ(next.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	RevocationFiles files(loop_, clock_, next);
	files.follow({file()});
	EXPECT_EQ(next.grant(named("a"), flow(1)).error().refusal, Refusal::kIdentityRevoked);
	write("\n");
	files.follow({file()});
	EXPECT_TRUE(next.grant(named("a"), flow(1))) << "it takes back what it said before the restart";
}

TEST_F(DaemonRevocationFiles, AChangeIsNoticed)
{
	SystemClock clock;
	RevocationFiles files(loop_, clock, leasing_);
	write("\n");
	files.follow({file()});
	ASSERT_TRUE(is_granted("a"));
	write("spiffe://prod.example/a\n", "next.list");
	std::filesystem::rename(file("next.list"), file());
	const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(10);
	while (leases() > 0 && std::chrono::steady_clock::now() < latest)
		loop_.run_one_for(std::chrono::milliseconds(100));
	EXPECT_EQ(leases(), 0u);
}

TEST_F(DaemonRevocationFiles, AnUnchangedFileIsNotWrittenDownAgain)
{
	write("spiffe://prod.example/a # x\n");
	follow();
	const std::uint64_t made = disk_.made();
	clock_.advance(1'000'000'000);
	follow();
	EXPECT_EQ(disk_.made(), made);
	write("\nspiffe://prod.example/a # x\n");
	follow();
	EXPECT_GT(disk_.made(), made) << "near miss: its line is another";
	EXPECT_EQ(leasing_.list({}).rows[0].revoked->by, file() + ":2");
}

TEST_F(DaemonRevocationFiles, ManyAtOnceAreOneWrite)
{
	std::string text;
	for (int i = 0; i < 2000; i++)
		text += "spiffe://prod.example/" + std::to_string(i) + "\n";
	const std::uint64_t made = disk_.made();
	write("spiffe://prod.example/x\n");
	follow();
	const std::uint64_t each = disk_.made() - made;
	write(text);
	follow();
	EXPECT_EQ(disk_.made(), made + 2 * each);
	EXPECT_EQ(leasing_.use().revoked, 2000u);
}

}  // namespace
}  // namespace sluice::daemon
