// Spoofed floods against a real server: who exists gets through, new or known, and nobody else does.
#include <filesystem>

#include "lab/bare_program.h"
#include "story.h"

namespace sluice::e2e {

namespace {

std::string policy(const std::string& beyond)
{
	return "version: 1\n"
	       "services:\n"
	       "  - name: api\n"
	       "    protocol: tcp\n"
	       "    ports: [8080]\n"
	       "    each-source: {packets: 5k/s, connections: 100/s}\n"
	       "    unproved: {connections: {rate: 1/h, burst: 1}, beyond: " + beyond + "}\n";
}

constexpr std::uint64_t kFloodRate = 30'000;  // enough to spend any budget here, and to leave the machine to the clients

}  // namespace

class Floods : public Story {
protected:
	// An HTTP server of both families, a world that takes answers from XDP, and one client that is known: it has spent the
	// budget.
	void serve(const std::string& beyond)
	{
		server_.emplace(must(lab::Process::start(wire().gate().command(
		    {"python3", "-m", "http.server", "8080", "--bind", "::", "--directory", "/usr/share/common-licenses"}))));
		answered_.emplace(must(lab::BareProgram::attach(wire().world(), lab::BareProgram::Verdict::kPass)));
		ASSERT_TRUE(until([&] { return get(lab::kWorldIpv4); })) << server_->errors();
		start(policy(beyond));
		ASSERT_TRUE(get(lab::kWorldIpv4));
	}

	bool get(const std::string& source)
	{
		const bool ipv6 = source.find(':') != std::string::npos;
		const std::string url = std::string("http://") + (ipv6 ? std::string("[") + lab::kGateIpv6 + "]" : lab::kGateIpv4) + ":8080/";
		const auto command = wire().world().command({"curl", "-s", "-g", "-o", "/dev/null", "-m", "3", "--interface", source, url});
		return must(lab::run(command)).code == 0;
	}

	lab::Flood flood(const std::string& first, std::uint32_t sources, bool syn, std::uint16_t source_port = 40000)
	{
		lab::FloodShape shape;
		shape.frame = frame_from(first, 8080);
		shape.frame.protocol = net::kTcp;
		shape.frame.syn = syn;
		shape.frame.source_port = source_port;
		shape.sources = sources;
		shape.packets_per_second = kFloodRate;
		lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
		must(flood.start());
		return flood;
	}
	void await_spent(const std::string& reason)
	{
		ASSERT_TRUE(until([&] { return counted(reason) > kFloodRate / 10; }));
	}

	// How many of `count` clients that nobody has seen get their page.
	unsigned newcomers(unsigned first, unsigned count, bool ipv6 = false)
	{
		unsigned answered = 0;
		for (unsigned i = 0; i < count; i++) {
			const std::string address = ipv6 ? "2001:db8::" + std::to_string(first + i) : "192.0.2." + std::to_string(first + i);
			must(wire().add_client(address + (ipv6 ? "/64" : "/24")));
			answered += get(address) ? 1 : 0;
		}
		return answered;
	}

	nlohmann::json cookies() { return must(daemon().ask({"status"})).at("cookies"); }

private:
	std::optional<lab::BareProgram> answered_;
	std::optional<lab::Process> server_;
};

TEST_F(Floods, NewClientsGetInByCookie)
{
	serve("cookie");
	ASSERT_TRUE(cookies().at("ready").get<bool>()) << must(daemon().ask({"status"})).dump();
	EXPECT_EQ(cookies().at("taken"), 0) << "in peace nobody gets one";
	lab::Flood spoofed = flood("198.51.100.1", 0, true);
	await_spent("cookie");
	EXPECT_EQ(newcomers(100, 15), 15u);
	must(spoofed.stop());
	EXPECT_EQ(cookies().at("taken"), 15);
	EXPECT_EQ(cookies().at("refused"), 0);
	EXPECT_FALSE(cookies().at("last_sent_ago_ns").is_null());
}

TEST_F(Floods, Ipv6ClientsToo)
{
	serve("cookie");
	lab::Flood spoofed = flood("2001:db8:a000::1", 0, true);
	await_spent("cookie");
	EXPECT_EQ(newcomers(1000, 10, true), 10u);
	must(spoofed.stop());
	EXPECT_EQ(cookies().at("taken"), 1) << "they are of one /64, which the first has proved";
}

TEST_F(Floods, KnownClientsGetInAndNewOnesWaitWhereSynsAreDropped)
{
	serve("drop");
	lab::Flood spoofed = flood("198.51.100.1", 0, true);
	await_spent("unproved");
	unsigned known = 0;
	for (int i = 0; i < 15; i++)
		known += get(lab::kWorldIpv4) ? 1 : 0;
	EXPECT_EQ(known, 15u);
	EXPECT_EQ(newcomers(100, 3), 0u) << "near miss: nobody has seen these";
	must(spoofed.stop());
	EXPECT_TRUE(cookies().is_null());
	EXPECT_EQ(counted("cookie"), 0u);
}

TEST_F(Floods, PacketsOfNoConnectionCostTheVictimNothing)
{
	serve("cookie");
	const std::uint64_t admitted = counted("admitted");
	lab::Flood acks = flood(lab::kWorldIpv4, 1, false);
	await_spent("no-connection");
	must(acks.stop());
	EXPECT_EQ(counted("admitted"), admitted) << "not one got past the sockets";
	EXPECT_EQ(counted("source-packets"), 0u);
	EXPECT_TRUE(get(lab::kWorldIpv4));
}

TEST_F(Floods, CookiesOutliveTheDaemonAndEndWithPanic)
{
	serve("cookie");
	lab::Flood spoofed = flood("198.51.100.1", 0, true);
	await_spent("cookie");
	daemon().kill();
	EXPECT_EQ(newcomers(100, 5), 5u);
	must(daemon().restart());
	EXPECT_TRUE(cookies().at("ready").get<bool>());
	EXPECT_EQ(newcomers(110, 5), 5u);
	must(spoofed.stop());
	ASSERT_EQ(must(daemon().command({"panic"})).code, 0);
	EXPECT_TRUE(std::filesystem::is_empty(daemon().pins() + "/cookies"));
	EXPECT_FALSE(guarded());
}

TEST_F(Floods, ASettingThatCookiesNeedIsMissedAndNoticed)
{
	serve("cookie");
	const auto set = [&](const char* value) {
		must(lab::run_checked(wire().gate().command({"sysctl", "-qw", std::string("net.ipv4.tcp_timestamps=") + value})));
	};
	set("0");
	const auto status = must(daemon().ask({"status"}));
	EXPECT_FALSE(status.at("cookies").at("ready").get<bool>());
	EXPECT_NE(status.at("warnings").dump().find("tcp_timestamps"), std::string::npos) << status.dump();
	lab::Flood spoofed = flood("198.51.100.1", 0, true);
	await_spent("unproved");
	EXPECT_EQ(counted("cookie"), 0u) << "what would not be taken back is not sent";
	EXPECT_TRUE(get(lab::kWorldIpv4)) << "who is known gets in";
	set("1");
	EXPECT_TRUE(cookies().at("ready").get<bool>());
	await_spent("cookie");
	EXPECT_EQ(newcomers(100, 3), 3u);
	must(spoofed.stop());
}

}  // namespace sluice::e2e
