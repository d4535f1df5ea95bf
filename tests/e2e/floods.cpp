// Spoofed floods against a real server: who exists gets through, new or known, and nobody else does.
#include <filesystem>

#include "flood_story.h"

namespace sluice::e2e {

namespace {

using Floods = FloodStory;

}  // namespace

TEST_F(Floods, NewClientsGetInByCookie)
{
	serve(proving_policy("cookie"));
	ASSERT_TRUE(cookies().at("ready").get<bool>()) << must(daemon().ask({"status"})).dump();
	EXPECT_EQ(cookies().at("taken"), 0) << "in peace nobody gets one";
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("cookie");
	EXPECT_EQ(newcomers(100, 15), 15u);
	must(syns.stop());
	EXPECT_EQ(cookies().at("taken"), 15);
	EXPECT_EQ(cookies().at("refused"), 0);
	EXPECT_FALSE(cookies().at("last_sent_ago_ns").is_null());
}

TEST_F(Floods, Ipv6ClientsToo)
{
	serve(proving_policy("cookie"));
	lab::Flood syns = flood(spoofed("2001:db8:a000::1", 0, true));
	await_spent("cookie");
	EXPECT_EQ(newcomers(1000, 10, true), 10u);
	must(syns.stop());
	EXPECT_EQ(cookies().at("taken"), 1) << "they are of one /64, which the first has proved";
}

TEST_F(Floods, KnownClientsGetInAndNewOnesWaitWhereSynsAreDropped)
{
	serve(proving_policy("drop"));
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("unproved");
	unsigned known = 0;
	for (int i = 0; i < 15; i++)
		known += get(lab::kWorldIpv4) ? 1 : 0;
	EXPECT_EQ(known, 15u);
	EXPECT_EQ(newcomers(100, 3), 0u) << "near miss: nobody has seen these";
	must(syns.stop());
	EXPECT_TRUE(cookies().is_null());
	EXPECT_EQ(counted("cookie"), 0u);
}

TEST_F(Floods, PacketsOfNoConnectionCostTheVictimNothing)
{
	serve(proving_policy("cookie"));
	const std::uint64_t admitted = counted("admitted");
	lab::Flood acks = flood(spoofed(lab::kWorldIpv4, 1, false));
	await_spent("no-connection");
	must(acks.stop());
	EXPECT_EQ(counted("admitted"), admitted) << "not one got past the sockets";
	EXPECT_EQ(counted("source-packets"), 0u);
	EXPECT_TRUE(get(lab::kWorldIpv4));
}

TEST_F(Floods, CookiesOutliveTheDaemonAndEndWithPanic)
{
	serve(proving_policy("cookie"));
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("cookie");
	daemon().kill();
	EXPECT_EQ(newcomers(100, 5), 5u);
	must(daemon().restart());
	EXPECT_TRUE(cookies().at("ready").get<bool>());
	EXPECT_EQ(newcomers(110, 5), 5u);
	must(syns.stop());
	ASSERT_EQ(must(daemon().command({"panic"})).code, 0);
	EXPECT_TRUE(std::filesystem::is_empty(daemon().pins() + "/cookies"));
	EXPECT_FALSE(guarded());
}

TEST_F(Floods, ASettingThatCookiesNeedIsMissedAndNoticed)
{
	serve(proving_policy("cookie"));
	const auto set = [&](const char* value) {
		must(lab::run_checked(wire().gate().command({"sysctl", "-qw", std::string("net.ipv4.tcp_timestamps=") + value})));
	};
	set("0");
	const auto status = must(daemon().ask({"status"}));
	EXPECT_FALSE(status.at("cookies").at("ready").get<bool>());
	EXPECT_NE(status.at("warnings").dump().find("tcp_timestamps"), std::string::npos) << status.dump();
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("unproved");
	EXPECT_EQ(counted("cookie"), 0u) << "what would not be taken back is not sent";
	EXPECT_TRUE(get(lab::kWorldIpv4)) << "who is known gets in";
	set("1");
	EXPECT_TRUE(cookies().at("ready").get<bool>());
	await_spent("cookie");
	EXPECT_EQ(newcomers(100, 3), 3u);
	must(syns.stop());
}

}  // namespace sluice::e2e
