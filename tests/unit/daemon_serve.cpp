// The whole daemon over its socket, on the datapath without a kernel: every route, and what files and faults do.
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <fstream>

#include "sluice/abi/verdict.h"
#include "unit/daemon_fixture.h"

namespace sluice::daemon {
namespace {

using nlohmann::json;
using test::DaemonHost;
using test::eventually;
using test::RunningDaemon;

class DaemonServe : public testing::Test {
protected:
	DaemonHost host_;
};

TEST_F(DaemonServe, StatusTellsWhatRuns)
{
	host_.options.interfaces = {"test-eth1", "test-eth2"};
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure) << daemon.failure->sentence();
	const json status = daemon.status();
	EXPECT_EQ(status["mode"], "enforce");
	EXPECT_EQ(status["default"], "allow");
	EXPECT_EQ(status["health"], "ok");
	EXPECT_EQ(status["policy"]["path"], host_.path());
	EXPECT_EQ(status["policy"]["prefixes"], 1);
	EXPECT_EQ(status["digest"].get<std::string>().size(), 64u);
	EXPECT_GT(status["memory"]["daemon_bytes"].get<std::uint64_t>(), 0u);
	ASSERT_EQ(status["interfaces"].size(), 2u);
	EXPECT_EQ(status["interfaces"][0]["mode"], "native");
	EXPECT_EQ(status["interfaces"][1]["mode"], "generic");
	ASSERT_EQ(status["warnings"].size(), 1u);
	EXPECT_NE(status["warnings"][0].get<std::string>().find("generic mode"), std::string::npos);
}

TEST_F(DaemonServe, StatsAndMetricsNameServices)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	host_.shared.with([](auto& datapath) { datapath.count(SLUICE_SERVICE_FIRST, SLUICE_ADMITTED, {10, 600}); });
	const auto stats = daemon.client.get("/v1/stats");
	ASSERT_TRUE(stats) << stats.error().sentence();
	EXPECT_EQ((*stats)["packets"], 10);
	bool found = false;
	for (const auto& service : (*stats)["services"])
		found = found || (service["service"] == "api" && service["passed"]["packets"] == 10);
	EXPECT_TRUE(found) << stats->dump(2);
	const std::string metrics = test::talk(host_.options.socket, "GET /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	EXPECT_NE(metrics.find("sluice_packets_total{service=\"api\",reason=\"admitted\",verdict=\"pass\"} 10\n"), std::string::npos) << metrics;
}

TEST_F(DaemonServe, BansGoRound)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	const auto banned = daemon.client.post("/v1/bans", {{"prefixes", {"192.0.2.7", "2001:db8::/48"}}, {"duration_ns", 600'000'000'000}, {"why", "scans"}});
	ASSERT_TRUE(banned) << banned.error().sentence();
	EXPECT_EQ((*banned)["banned"], (json{"192.0.2.7", "2001:db8::/48"}));
	ASSERT_TRUE(daemon.client.post("/v1/bans", {{"prefixes", {"198.51.100.0/24"}}, {"duration_ns", nullptr}, {"why", ""}}));

	const auto bans = (*daemon.client.get("/v1/bans"))["bans"];
	ASSERT_EQ(bans.size(), 3u);
	for (const auto& ban : bans) {
		if (ban["prefix"] == "198.51.100.0/24") {
			EXPECT_TRUE(ban["expires_at"].is_null());
			EXPECT_TRUE(ban["remaining_ns"].is_null());
		} else {
			EXPECT_GT(ban["remaining_ns"].get<std::uint64_t>(), 590'000'000'000u);
			EXPECT_EQ(ban["why"], "scans");
		}
	}
	const auto absent = daemon.client.del("/v1/bans", {{"prefixes", {"192.0.2.7", "203.0.113.1"}}});
	ASSERT_FALSE(absent);
	EXPECT_EQ(absent.error().code(), ErrorCode::kNotFound);
	EXPECT_EQ((*daemon.client.get("/v1/bans"))["bans"].size(), 3u);  // none was lifted
	EXPECT_TRUE(daemon.client.del("/v1/bans", {{"prefixes", {"192.0.2.7", "2001:db8::/48", "198.51.100.0/24"}}}));
	EXPECT_EQ((*daemon.client.get("/v1/bans"))["bans"].size(), 0u);
}

TEST_F(DaemonServe, BansAreAllOrNone)
{
	datapath::MemoryDatapath small(host_.clock, 2);
	Daemon daemon(host_.options, {small, host_.clock, host_.notifier, 1u << 19, {}});
	ASSERT_TRUE(daemon.start());
	std::thread thread([&] { (void)daemon.run().has_value(); });
	control::Client client(host_.options.socket);
	EXPECT_TRUE(client.post("/v1/bans", {{"prefixes", {"192.0.2.1"}}, {"why", "first"}}));
	const auto full = client.post("/v1/bans", {{"prefixes", {"192.0.2.1", "192.0.2.2", "192.0.2.3"}}, {"why", "second"}});
	const auto left = (*client.get("/v1/bans"))["bans"];
	daemon.stop();
	thread.join();
	ASSERT_FALSE(full);
	EXPECT_EQ(full.error().code(), ErrorCode::kExhausted);
	EXPECT_NE(full.error().message().find("192.0.2.3"), std::string::npos) << full.error().message();
	ASSERT_EQ(left.size(), 1u);
	EXPECT_EQ(left[0]["why"], "first");
}

TEST_F(DaemonServe, ApplyInstallsOrSaysEverythingThatIsWrong)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	const auto before = daemon.generation();
	const auto same = daemon.client.post("/v1/policy", {{"path", host_.path()}});
	ASSERT_TRUE(same) << same.error().sentence();
	EXPECT_EQ((*same)["changed"], false);
	EXPECT_EQ((*same)["generation"], before);

	host_.directory.write("watch.yaml", "version: 1\nmode: observe\n");
	const auto observed = daemon.client.post("/v1/policy", {{"path", host_.directory.at("watch.yaml")}});
	ASSERT_TRUE(observed);
	EXPECT_EQ((*observed)["changed"], true);
	EXPECT_EQ(daemon.status()["mode"], "observe");
	const auto generation = daemon.generation();

	host_.directory.write("bad.yaml", "version: 1\nmode: brave\ndefault: maybe\n");
	const auto bad = daemon.client.post("/v1/policy", {{"path", host_.directory.at("bad.yaml")}});
	ASSERT_TRUE(bad) << bad.error().sentence();
	ASSERT_EQ((*bad)["diagnostics"].size(), 2u) << bad->dump();
	EXPECT_EQ((*bad)["diagnostics"][0]["severity"], "error");
	EXPECT_EQ((*bad)["diagnostics"][0]["line"], 2);
	EXPECT_EQ(daemon.generation(), generation);
	const std::string raw = test::talk(host_.options.socket, "POST /v1/policy HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 22\r\n\r\n{\"path\": \"/no/policy\"}");
	EXPECT_TRUE(raw.starts_with("HTTP/1.1 422")) << raw;
}

TEST_F(DaemonServe, AShadowIsSeenEverywhereUntilItIsPromoted)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	EXPECT_TRUE(daemon.status()["shadow"].is_null());
	EXPECT_TRUE((*daemon.client.get("/v1/stats"))["shadow"].is_null());
	host_.directory.write("new.yaml", "version: 1\ndefault: deny\n");
	const auto begun = daemon.client.post("/v1/policy", {{"path", host_.directory.at("new.yaml")}, {"observe", true}});
	ASSERT_TRUE(begun) << begun.error().sentence();
	EXPECT_EQ((*begun)["changed"], false);
	EXPECT_EQ((*begun)["shadow"]["path"], host_.directory.at("new.yaml"));
	EXPECT_EQ(daemon.status()["shadow"], (*begun)["shadow"]);
	EXPECT_EQ(daemon.status()["default"], "allow");

	host_.shared.with([](auto& datapath) {
		datapath.count_pair(SLUICE_SERVICE_FIRST, SLUICE_ADMITTED, SLUICE_DEFAULT_DENY, {10, 600});
		datapath.count_pair(SLUICE_SERVICE_NONE, SLUICE_BANNED, SLUICE_BANNED, {1, 60});
	});
	const auto stats = daemon.client.get("/v1/stats");
	ASSERT_TRUE(stats);
	const json& shadow = (*stats)["shadow"];
	EXPECT_EQ(shadow["would_drop"]["packets"], 10);
	EXPECT_EQ(shadow["agreed"]["bytes"], 60);
	ASSERT_EQ(shadow["pairs"].size(), 2u);
	EXPECT_EQ(shadow["pairs"][0]["running"], "admitted");
	EXPECT_EQ(shadow["pairs"][0]["candidate"], "default-deny");
	EXPECT_EQ(shadow["services"][1]["service"], "api");
	const std::string metrics = test::talk(host_.options.socket, "GET /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	EXPECT_NE(metrics.find("sluice_shadow_packets_total{running=\"admitted\",candidate=\"default-deny\"} 10\n"), std::string::npos) << metrics;

	const auto promoted = daemon.client.post("/v1/promote", {{"confirm_ns", nullptr}, {"force", false}, {"session", nullptr}});
	ASSERT_TRUE(promoted) << promoted.error().sentence();
	EXPECT_EQ((*promoted)["digest"], (*begun)["shadow"]["digest"]);
	EXPECT_EQ(daemon.status()["default"], "deny");
	EXPECT_TRUE(daemon.status()["shadow"].is_null());
	EXPECT_EQ((*daemon.client.get("/v1/history"))["history"][0]["cause"], "promote");
	EXPECT_EQ(daemon.client.post("/v1/promote", json::object()).error().code(), ErrorCode::kNotFound);
	EXPECT_EQ(daemon.client.post("/v1/promote", {{"haste", true}}).error().code(), ErrorCode::kInvalid);
	const std::string events = test::talk(host_.options.socket, "GET /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	EXPECT_NE(events.find("\"action\":\"began\""), std::string::npos) << events;
}

TEST_F(DaemonServe, InterfacesComeAndGo)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	const auto attached = daemon.client.post("/v1/interfaces", {{"name", "test-eth1"}, {"mode", nullptr}});
	ASSERT_TRUE(attached) << attached.error().sentence();
	EXPECT_EQ((*attached)["mode"], "native");
	EXPECT_TRUE(daemon.client.post("/v1/interfaces", {{"name", "test-eth1"}}));  // it is so already
	EXPECT_EQ(daemon.client.post("/v1/interfaces", {{"name", "test-eth1"}, {"mode", "generic"}}).error().code(), ErrorCode::kExists);
	EXPECT_FALSE(daemon.client.post("/v1/interfaces", {{"name", "test-eth2"}, {"mode", "native"}}));
	EXPECT_EQ(daemon.client.post("/v1/interfaces", {{"name", "test-eth9"}}).error().code(), ErrorCode::kNotFound);
	EXPECT_TRUE(daemon.client.del("/v1/interfaces/test-eth1"));
	EXPECT_EQ(daemon.client.del("/v1/interfaces/test-eth1").error().code(), ErrorCode::kNotFound);
	EXPECT_EQ(daemon.status()["interfaces"].size(), 0u);
}

TEST_F(DaemonServe, EventsAreToldAndFollowed)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	ASSERT_TRUE(daemon.client.post("/v1/bans", {{"prefixes", {"192.0.2.7"}}, {"why", "x"}}));
	std::vector<std::string> kinds;
	ASSERT_TRUE(daemon.client.lines("/v1/events", [&](std::string_view line) {
		kinds.push_back(json::parse(line)["kind"]);
		return true;
	}));
	EXPECT_EQ(kinds, (std::vector<std::string>{"policy", "ban"}));

	sluice_event event{};
	event.mono_ns = host_.clock.mono_ns();
	event.source = net::Address::parse("198.51.100.9")->to_abi();
	event.destination = net::Address::parse("203.0.113.10")->to_abi();
	event.service = SLUICE_SERVICE_FIRST;
	event.reason = SLUICE_BANNED;
	event.protocol = 6;
	host_.shared.with([&](auto& datapath) { datapath.report(event); });
	event.reason = SLUICE_SOURCE_PACKETS;
	host_.shared.with([&](auto& datapath) { datapath.report(event); });
	json drop;
	ASSERT_TRUE(daemon.client.lines("/v1/events?follow=1&reason=source-packets", [&](std::string_view line) {
		drop = json::parse(line);
		return false;
	}));
	EXPECT_EQ(drop["kind"], "drop");
	EXPECT_EQ(drop["source"], "198.51.100.9");
	EXPECT_EQ(drop["service"], "api");
	EXPECT_EQ(daemon.client.get("/v1/events?reason=nonsense").error().code(), ErrorCode::kInvalid);
	EXPECT_EQ(daemon.client.get("/v1/events?fllow=1").error().code(), ErrorCode::kInvalid);
}

TEST_F(DaemonServe, AFollowerOfAFloodIsToldWhatItLost)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	std::uint64_t lost = 0;
	std::uint64_t seen = 0;
	const auto followed = daemon.client.lines("/v1/events?follow=1", [&](std::string_view line) {
		const json event = json::parse(line);
		if (event["kind"] == "lost")
			lost += event["lost"].get<std::uint64_t>();
		else
			seen++;
		if (seen == 1 && lost == 0) {
			sluice_event flood{};
			flood.reason = SLUICE_BANNED;
			host_.shared.with([&](auto& datapath) {
				for (int i = 0; i < 10000; i++)
					datapath.report(flood);
			});
		}
		return seen + lost < 10001;
	});
	EXPECT_TRUE(followed);
	EXPECT_EQ(seen + lost, 10001u);
	EXPECT_GT(lost, 0u);
}

TEST_F(DaemonServe, AListThatIsReplacedIsReloaded)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	EXPECT_EQ(daemon.status()["policy"]["prefixes"], 1);
	host_.directory.write("new", "192.0.2.0/24\n198.51.100.0/24\n");
	std::filesystem::rename(host_.directory.at("new"), host_.directory.at("scanners.netset"));
	EXPECT_TRUE(eventually([&] { return daemon.status()["policy"]["prefixes"] == 2; }));
	host_.directory.write("scanners.netset", "203.0.113.1\n203.0.113.3\n203.0.113.5\n");
	EXPECT_TRUE(eventually([&] { return daemon.status()["policy"]["prefixes"] == 3; }));
}

TEST_F(DaemonServe, ALinkToAListThatTurnsIsReloaded)
{
	host_.directory.write("a.netset", "192.0.2.0/24\n");
	host_.directory.write("b.netset", "192.0.2.0/24\n198.51.100.0/24\n");
	std::filesystem::create_directory(host_.directory.at("elsewhere"));
	std::filesystem::remove(host_.directory.at("scanners.netset"));
	std::filesystem::create_symlink("../a.netset", host_.directory.at("elsewhere/current"));
	std::filesystem::create_symlink("elsewhere/current", host_.directory.at("scanners.netset"));
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure) << daemon.failure->sentence();
	std::filesystem::create_symlink("../b.netset", host_.directory.at("elsewhere/next"));
	std::filesystem::rename(host_.directory.at("elsewhere/next"), host_.directory.at("elsewhere/current"));
	EXPECT_TRUE(eventually([&] { return daemon.status()["policy"]["prefixes"] == 2; }));
}

TEST_F(DaemonServe, ABadReloadLeavesThePolicyAndARightOneHeals)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	const auto before = daemon.generation();
	host_.directory.write("policy.yaml", "version: 1\nmode: brave\n");
	ASSERT_TRUE(eventually([&] { return daemon.status()["health"] == "degraded"; }));
	EXPECT_EQ(daemon.generation(), before);
	EXPECT_NE(daemon.status()["warnings"][0].get<std::string>().find("goes on"), std::string::npos);
	host_.directory.write("policy.yaml", test::kPolicy);
	EXPECT_TRUE(eventually([&] { return daemon.status()["health"] == "ok"; }));
}

TEST_F(DaemonServe, HangupReloads)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	// A file that is still open for writing is not yet noticed by itself.
	std::ofstream list(host_.directory.at("scanners.netset"));
	list << "198.51.100.1\n198.51.100.3\n" << std::flush;
	std::this_thread::sleep_for(std::chrono::milliseconds(400));
	EXPECT_EQ(daemon.status()["policy"]["prefixes"], 1);
	::raise(SIGHUP);
	EXPECT_TRUE(eventually([&] { return daemon.status()["policy"]["prefixes"] == 2; }));
}

// What a service manager hears, in its order, up to and with `last`.
std::vector<std::string> heard_until(int fd, const std::string& last)
{
	std::vector<std::string> out;
	const timeval patience{10, 0};
	::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	char room[512];
	for (ssize_t size = 0; (size = ::recv(fd, room, sizeof(room), 0)) > 0;) {
		const std::string text(room, static_cast<std::size_t>(size));
		out.push_back(text.substr(0, text.find('=')));
		if (out.back() == last)
			break;
	}
	return out;
}

TEST_F(DaemonServe, TheServiceManagerHearsHowItIs)
{
	const Fd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	const std::string path = host_.directory.at("notify");
	path.copy(address.sun_path, sizeof(address.sun_path) - 1);
	ASSERT_EQ(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
	host_.notifier = Notifier(path, std::chrono::seconds(60));

	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	EXPECT_EQ(heard_until(manager.get(), "READY"), (std::vector<std::string>{"WATCHDOG", "READY"}));
	::raise(SIGHUP);
	EXPECT_EQ(heard_until(manager.get(), "READY"), (std::vector<std::string>{"RELOADING", "READY"}));
	daemon.stop();
	EXPECT_EQ(heard_until(manager.get(), "STOPPING"), (std::vector<std::string>{"STOPPING"}));
}

TEST_F(DaemonServe, AWrongPolicyWithNothingRunningDoesNotStart)
{
	host_.directory.write("policy.yaml", "version: 1\nmode: brave\n");
	RunningDaemon daemon(host_);
	ASSERT_TRUE(daemon.failure);
	EXPECT_EQ(daemon.failure->code(), ErrorCode::kInvalid);
	EXPECT_FALSE(daemon.diagnostics().empty());
	EXPECT_FALSE(std::filesystem::exists(host_.options.socket));
}

TEST_F(DaemonServe, AnInterfaceThatIsNotThereIsAFailureToStart)
{
	host_.options.interfaces = {"test-eth9"};
	RunningDaemon daemon(host_);
	ASSERT_TRUE(daemon.failure);
	EXPECT_NE(daemon.failure->message().find("attach test-eth9"), std::string::npos);
}

TEST_F(DaemonServe, ASecondDaemonIsRefusedAndTheFirstGoesOn)
{
	RunningDaemon first(host_);
	ASSERT_FALSE(first.failure);
	datapath::MemoryDatapath other(host_.clock);
	Daemon second(host_.options, {other, host_.clock, host_.notifier, 1u << 19, {}});
	const auto refused = second.start();
	ASSERT_FALSE(refused);
	EXPECT_EQ(refused.error().code(), ErrorCode::kExists);
	EXPECT_FALSE(*other.running());  // it touched nothing
	EXPECT_EQ(first.status()["health"], "ok");
}

TEST_F(DaemonServe, InterfacesOutliveTheDaemonUnlessToldOtherwise)
{
	host_.options.interfaces = {"test-eth1"};
	{
		RunningDaemon daemon(host_);
		ASSERT_FALSE(daemon.failure);
	}
	EXPECT_EQ(host_.datapath.interfaces()->size(), 1u);
	EXPECT_FALSE(std::filesystem::exists(host_.options.socket));
	const auto generation = (*host_.datapath.running())->meta.generation;
	host_.options.detach_on_exit = true;
	{
		RunningDaemon daemon(host_);
		ASSERT_FALSE(daemon.failure);
		EXPECT_EQ(daemon.generation(), generation);  // adopted, not installed anew
	}
	EXPECT_EQ(host_.datapath.interfaces()->size(), 0u);
}

TEST_F(DaemonServe, AnEndDoesNotWaitForFollowers)
{
	RunningDaemon daemon(host_);
	ASSERT_FALSE(daemon.failure);
	std::thread follower([&] { (void)control::Client(host_.options.socket).lines("/v1/events?follow=1", [](std::string_view) { return true; }).has_value(); });
	ASSERT_TRUE(eventually([&] { return daemon.status()["health"] == "ok"; }));
	const auto begun = std::chrono::steady_clock::now();
	daemon.stop();
	EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
	follower.join();
}

}  // namespace
}  // namespace sluice::daemon
