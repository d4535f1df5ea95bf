// What a connection is like after a cookie in place of a handshake: its terms by both stacks' own words, and real servers that
// send over it.
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "client_socket.h"
#include "flood_story.h"

namespace sluice::e2e {

namespace {

// As `ss` words them: "ts", "sack", "wscale:7,7", "mss:1448".
using Terms = std::set<std::string>;

class FloodHandshakes : public FloodStory {
protected:
	void set(lab::NetworkNamespace& space, const std::string& key, const std::string& value)
	{
		must(lab::run_checked(space.command({"sysctl", "-qw", "net.ipv4." + key + "=" + value})));
	}
	// The terms of the connection from `source`, as the gate's stack has them.
	Terms terms_of(const std::string& source)
	{
		const Fd connection = must(connect_from(wire().world(), source, ++port_, 8080));
		const std::string filter = "dst " + source + ":" + std::to_string(port_);
		const std::string told = must(lab::run_checked(wire().gate().command({"ss", "-tineHO", filter})));
		std::istringstream words(told);
		Terms terms;
		for (std::string word; words >> word;) {
			if (word == "ts" || word == "sack" || word.starts_with("wscale:") || word.starts_with("mss:"))
				terms.insert(word);
		}
		EXPECT_FALSE(terms.empty()) << told;
		return terms;
	}
	// Of a client that is known, and so has a handshake with the stack; and of one that has a cookie.
	Terms by_handshake() { return terms_of(lab::kWorldIpv4); }
	Terms by_cookie()
	{
		const std::string source = "192.0.2." + std::to_string(next_++);
		must(wire().add_client(source + "/24"));
		const auto before = cookies().at("taken").get<unsigned>();
		const Terms terms = terms_of(source);
		EXPECT_EQ(cookies().at("taken").get<unsigned>(), before + 1);
		return terms;
	}

	void serve_with_defaults()
	{
		for (auto* space : {&wire().gate(), &wire().world()})
			set(*space, "tcp_rmem", "4096 131072 6291456");
		serve(proving_policy("cookie"));
	}

private:
	unsigned next_ = 100;
	std::uint16_t port_ = 50000;
};

}  // namespace

TEST_F(FloodHandshakes, TheTermsAreThoseOfAHandshake)
{
	serve_with_defaults();
	const Terms usual = by_handshake();
	EXPECT_EQ(usual, (Terms{"ts", "sack", "wscale:7,7", "mss:1448"}));
	EXPECT_EQ(by_cookie(), usual);
	set(wire().world(), "tcp_sack", "0");
	EXPECT_EQ(by_handshake(), (Terms{"ts", "wscale:7,7", "mss:1448"}));
	EXPECT_EQ(by_cookie(), by_handshake());
	set(wire().world(), "tcp_window_scaling", "0");
	EXPECT_EQ(by_handshake(), (Terms{"ts", "mss:1448"}));
	EXPECT_EQ(by_cookie(), by_handshake());
}

TEST_F(FloodHandshakes, TheScaleOfALargeWindowIsKept)
{
	serve_with_defaults();
	set(wire().world(), "tcp_rmem", "4096 131072 33554432");
	EXPECT_EQ(by_handshake(), (Terms{"ts", "sack", "wscale:10,7", "mss:1448"}));
	EXPECT_EQ(by_cookie(), by_handshake());
}

TEST_F(FloodHandshakes, WithoutTimestampsTheTermsAreTheCommonOnesOrTheLeast)
{
	serve_with_defaults();
	set(wire().world(), "tcp_timestamps", "0");
	EXPECT_EQ(by_handshake(), (Terms{"sack", "wscale:7,7", "mss:1460"}));
	EXPECT_EQ(by_cookie(), (Terms{"mss:536"})) << "it offers less than is common: a scale of 8";
	set(wire().world(), "tcp_rmem", "4096 131072 33554432");
	EXPECT_EQ(by_handshake(), (Terms{"sack", "wscale:10,7", "mss:1460"}));
	EXPECT_EQ(by_cookie(), (Terms{"sack", "wscale:8,7", "mss:1400"}));
}

TEST_F(FloodHandshakes, NginxServesALargeFileWhole)
{
	if (!std::filesystem::exists("/usr/sbin/nginx"))
		GTEST_SKIP() << "nginx is not installed";
	serve(proving_policy("cookie"));
	kill_server();
	const std::string root = daemon().directory() + "/www";
	constexpr std::uintmax_t kSize = 50'000'000;
	std::filesystem::create_directory(root);
	std::ofstream(root + "/large");
	std::filesystem::resize_file(root + "/large", kSize);
	std::ofstream(root + "/nginx.conf") << "daemon off; master_process off; pid " << root << "/pid; error_log stderr; events {}\n"
					    << "http { access_log off; server { listen [::]:8080 ipv6only=off; root " << root << "; } }\n";
	const lab::Process nginx = must(lab::Process::start(
	    wire().gate().command({"/usr/sbin/nginx", "-e", "stderr", "-p", root, "-c", root + "/nginx.conf"})));
	const auto download = [&](const std::string& source) {
		const std::string url = std::string("http://") + lab::kGateIpv4 + ":8080/large";
		return must(lab::run(wire().world().command({"curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", "--interface", source, url}))).output;
	};
	ASSERT_TRUE(until([&] { return download(lab::kWorldIpv4) == std::to_string(kSize); })) << nginx.errors();
	lab::Flood syns = flood(spoofed("198.51.100.1", 0, true));
	await_spent("cookie");
	for (unsigned i = 0; i < 5; i++) {
		const std::string source = "192.0.2." + std::to_string(100 + i);
		must(wire().add_client(source + "/24"));
		EXPECT_EQ(download(source), std::to_string(kSize));
	}
	must(syns.stop());
	EXPECT_EQ(cookies().at("taken"), 5);
}

}  // namespace sluice::e2e
