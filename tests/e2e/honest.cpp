// Honest clients while a flood is on, and observe mode.
#include "story.h"

namespace sluice::e2e {

namespace {

using Honest = Story;
using Observe = Story;

constexpr const char* kApi = R"(version: 1
limits:
  visitor: {packets: 500/s, burst: 1000, connections: 100/s}
services:
  - name: api
    protocol: tcp
    ports: [8080]
    each-source: visitor
    each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: 2k/s}}
    all-sources: {packets: 50k/s}
)";

}  // namespace

TEST_F(Honest, ClientsAreAnsweredWhileABotnetFloods)
{
	start(kApi);
	serve_http();
	lab::FloodShape shape;
	shape.frame = frame_from("198.51.100.0", 8080);
	shape.frame.protocol = net::kTcp;
	shape.frame.syn = true;
	shape.sources = 1000;
	shape.processor = 1;
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start());
	ASSERT_TRUE(until([&] { return flood.offered() > 0; }));
	unsigned answered = 0;
	for (int i = 0; i < 50; i++)
		answered += get_page(lab::kWorldIpv4) ? 1 : 0;
	must(flood.stop());
	EXPECT_EQ(answered, 50u);
	const std::uint64_t dropped = counted("source-packets") + counted("source-connections") + counted("prefix-packets");
	// Of what arrived: two processors share the link, and frames that find its ring full are lost before the gate.
	EXPECT_GE(static_cast<double>(dropped), 0.95 * static_cast<double>(dropped + counted("admitted")));
}

TEST_F(Observe, CountsAsIfAndDropsNothing)
{
	const std::string deny = "sources:\n  - {name: world, action: deny, prefixes: [192.0.2.0/24]}\n";
	start("version: 1\nmode: observe\n" + deny);
	serve_http();
	EXPECT_TRUE(get_page(lab::kWorldIpv4));
	EXPECT_GT(counted("listed-deny"), 0u);
	EXPECT_EQ(must(daemon().ask({"status"})).at("mode"), "observe");
	// The same policy, enforced.
	must(daemon().write_file("policy.yaml", "version: 1\nmode: enforce\n" + deny));
	EXPECT_EQ(must(daemon().command({"apply", daemon().policy_path()})).code, 0);
	EXPECT_FALSE(get_page(lab::kWorldIpv4));
}

}  // namespace sluice::e2e
