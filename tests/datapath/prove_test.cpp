// Path proof: what belongs to nobody, who is proved, and what a proof buys. By real sockets of this host.
#include "datapath/prove_fixture.h"
#include "support/gate_state.h"

namespace sluice::test {

namespace {

using Prove = ProveTest;

constexpr const char* kOne = ", unproved: {connections: {rate: 1/h, burst: 1}, beyond: drop}";

Packet syn(const std::string& source, std::uint16_t port = 50000)
{
	return tcp({.source = source, .source_port = port, .flags = kSyn});
}

}  // namespace

TEST_F(Prove, OnlyPacketsOfConnectionsGetIn)
{
	guard(kOne);
	const auto ipv4 = connected();
	const auto ipv6 = connected("2001:db8:7::7", 40002);
	expect({{"of the connection", tcp({}), "admitted", "api"},
		{"of the other one", tcp({.source = "2001:db8:7::7", .source_port = 40002}), "admitted", "api"}});
	for (const std::uint8_t flags : {kAck, kRst, kFin, std::uint8_t(kSyn | kAck), std::uint8_t(kFin | kAck), std::uint8_t(kRst | kAck),
					 std::uint8_t(kPsh | kAck), std::uint8_t(0)}) {
		expect({
			{"another port", tcp({.source_port = 40003, .flags = flags}), "no-connection", "api"},
			{"another address", tcp({.source = "198.51.100.8", .flags = flags}), "no-connection", "api"},
			{"IPv6", tcp({.source = "2001:db8:7::8", .source_port = 40002, .flags = flags}), "no-connection", "api"},
			{"near miss: a service that does not ask", tcp({.source_port = 40003, .flags = flags, .port = 8080}), "admitted", "plain"},
		});
	}
	expect({{"SYN and FIN, as the stack does", tcp({.flags = kSyn | kFin}), "tcp-flags"}});
}

TEST_F(Prove, EveryShapeOfAPacketTakesTheSameWay)
{
	guard(kOne);
	const auto connection = connected();
	const auto ipv6 = connected("2001:db8:7::7", 40002);
	const Tcp ours{.source_port = 40001, .flags = kAck}, theirs{.source_port = 40003, .flags = kAck};
	const Tcp ours_v6{.source_port = 40002, .flags = kAck};
	const Bytes options = {0x94, 0x04, 0, 0};
	expect({
		{"a tag", Ethernet{} / vlan() / Ipv4{} / ours, "admitted", "api"},
		{"a tag, nobody's", Ethernet{} / vlan() / Ipv4{} / theirs, "no-connection", "api"},
		{"two tags", Ethernet{} / qinq() / vlan() / Ipv4{} / ours, "admitted", "api"},
		{"two tags, nobody's", Ethernet{} / qinq() / vlan() / Ipv4{} / theirs, "no-connection", "api"},
		{"IP options", Ethernet{} / Ipv4{.options = options} / ours, "admitted", "api"},
		{"IP options, nobody's", Ethernet{} / Ipv4{.options = options} / theirs, "no-connection", "api"},
		{"extension headers", Ethernet{} / Ipv6{} / hop_by_hop() / destination_options() / ours_v6, "admitted", "api"},
		{"extension headers, nobody's", Ethernet{} / Ipv6{} / destination_options() / theirs, "no-connection", "api"},
		{"an atomic fragment", Ethernet{} / Ipv6{} / Fragment{} / ours_v6, "admitted", "api"},
		{"near miss: a fragment is the fragments'", Ethernet{} / Ipv4{.more = true} / theirs / payload(4), "fragment", "fragments"},
	});
}

TEST_F(Prove, UnprovedConnectionsShareOneBudget)
{
	guard(", unproved: {connections: {rate: 1/h, burst: 6}}");
	const auto spoofed = [](int i) { return "192.0.2." + std::to_string(100 + i); };
	expect({
		{"SYN", syn(spoofed(1)), "admitted", "api"},
		{"with ECN", tcp({.source = spoofed(2), .flags = kSyn | kEce | kCwr}), "admitted", "api"},
		{"with IP options", Ethernet{} / Ipv4{.source = spoofed(3), .options = {0x94, 4, 0, 0}} / Tcp{}, "admitted", "api"},
		{"with a tag", Ethernet{} / vlan() / Ipv4{.source = spoofed(4)} / Tcp{}, "admitted", "api"},
		{"behind extension headers", Ethernet{} / Ipv6{} / hop_by_hop() / destination_options() / Tcp{}, "admitted", "api"},
		{"with TCP options", Ethernet{} / Ipv4{} / Tcp{.options = {2, 4, 5, 0xb4}}, "admitted", "api"},
		{"the seventh", syn(spoofed(5)), "unproved", "api", "api/unproved"},
		{"the eighth, with ECN", tcp({.source = spoofed(6), .flags = kSyn | kEce | kCwr}), "unproved", "api", "api/unproved"},
		{"the ninth, IPv6", syn("2001:db8:9::9"), "unproved", "api", "api/unproved"},
		{"near miss: a service that does not ask", tcp({.flags = kSyn, .port = 8080}), "admitted", "plain"},
	});
}

TEST_F(Prove, AProofBuysTheWayAroundTheBudgetAndNothingElse)
{
	guard(std::string(kOne) + ", each-source: {connections: {rate: 1/h, burst: 3}}");
	expect({{"the budget", syn("192.0.2.100"), "admitted", "api"},
		{"is spent", syn("192.0.2.101"), "unproved", "api", "api/unproved"},
		{"for everybody", syn("198.51.100.7"), "unproved", "api", "api/unproved"}});
	const auto connection = connected();
	for (std::uint16_t port = 50000; port < 50003; port++)
		expect({{"who is proved opens connections", syn("198.51.100.7", port), "admitted", "api"}});
	expect({
		{"as many as its own limit allows", syn("198.51.100.7"), "source-connections", "api", "api/each-source"},
		{"near miss: the neighbour is not proved", syn("198.51.100.8"), "unproved", "api", "api/unproved"},
	});
}

TEST_F(Prove, AnIpv6SourceIsItsNetwork)
{
	guard(kOne);
	const auto connection = connected("2001:db8:7::7", 40002);
	expect({
		{"the budget", syn("192.0.2.100"), "admitted", "api"},
		{"another address of the /64", syn("2001:db8:7::1:2"), "admitted", "api"},
		{"near miss: the next /64", syn("2001:db8:7:1::7"), "unproved", "api", "api/unproved"},
	});
}

TEST_F(Prove, AProofExpiresAndIsRenewedByTraffic)
{
	guard(kOne);
	const auto connection = connected();
	expect({{"the budget", syn("192.0.2.100"), "admitted", "api"}, {"proved", syn("198.51.100.7"), "admitted", "api"}});
	expire_proofs_in(0);
	expect({{"expired", syn("198.51.100.7"), "unproved", "api", "api/unproved"}});
	expire_proofs_in(30);
	expect({{"near miss: about to expire", syn("198.51.100.7"), "admitted", "api"}, {"a packet of the connection", tcp({}), "admitted", "api"}});
	expire_proofs_in(0);
	expect({{"expired again", syn("198.51.100.7"), "unproved", "api", "api/unproved"},
		{"and renewed", tcp({}), "admitted", "api"},
		{"by the next packet", syn("198.51.100.7"), "admitted", "api"}});
}

TEST_F(Prove, AProofOutlivesPolicyAndDaemon)
{
	guard(kOne);
	const auto connection = connected();
	guard(std::string(kOne) + ", all-sources: {packets: 1000/s}");
	ASSERT_TRUE(gate_->reopen());
	expect({{"the budget", syn("192.0.2.100"), "admitted", "api"}, {"still proved", syn("198.51.100.7"), "admitted", "api"}});
}

TEST_F(Prove, AHandshakeProvesNothing)
{
	guard(std::string(kOne) + ", each-source: {packets: {rate: 1/h, burst: 2}}");
	const Packet first = syn("198.51.100.77", 55555);
	const auto answer = network_->arrive(first, 55555);
	ASSERT_TRUE(answer && *answer) << "the host does not answer";
	const Segment ack{.source = "198.51.100.77", .source_port = 55555};
	EXPECT_EQ(path_of(tcp(ack)), SLUICE_PATH_HANDSHAKE);
	expect({{"the budget", syn("192.0.2.100"), "admitted", "api"},
		{"an ACK, whatever it acknowledges", tcp(ack), "admitted", "api"},
		{"is held by the source's limit", tcp(ack), "admitted", "api"},
		{"as a claim", tcp(ack), "source-packets", "api", "api/each-source"},
		{"and proves nobody", syn("198.51.100.77", 55556), "unproved", "api", "api/unproved"},
		{"near miss: a port that has none", tcp({.source = "198.51.100.77", .source_port = 55556}), "no-connection", "api"}});
}

TEST_F(Prove, ACookieOfTheKernelComesBack)
{
	guard(kOne);
	ASSERT_TRUE(network_->set("net.ipv4.tcp_syncookies", "2"));
	const auto cookie = network_->arrive(syn("198.51.100.77", 55555), 55555);
	ASSERT_TRUE(cookie) << cookie.error().sentence();
	ASSERT_TRUE(*cookie) << "the host does not answer";
	const auto ack = [&](std::uint32_t number, std::uint8_t flags = kAck) {
		return Ethernet{} / Ipv4{.source = "198.51.100.77"} /
		       Tcp{.source_port = 55555, .flags = flags, .sequence = 2, .acknowledgement = number};
	};
	EXPECT_EQ(path_of(ack(**cookie + 1)), SLUICE_PATH_COOKIE);
	expect({
		{"the right one", ack(**cookie + 1), "admitted", "api"},
		{"near miss: one more", ack(**cookie + 1 + (1u << 20)), "no-connection", "api"},
		{"near miss: a RST with it", ack(**cookie + 1, kRst | kAck), "no-connection", "api"},
		{"it proves nobody yet", syn("198.51.100.77", 50001), "admitted", "api"},
		{"since the budget was there", syn("198.51.100.77", 50002), "unproved", "api", "api/unproved"},
	});
}

TEST_F(Prove, AFloodInTheVictimsNameLeavesItsLevelsAsTheyAre)
{
	guard(std::string(kOne) + ", each-source: {packets: {rate: 1/h, burst: 40}, connections: {rate: 1/h, burst: 5}},"
				  " each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: {rate: 1/h, burst: 80}}}");
	const auto connection = connected();
	for (int i = 0; i < 9; i++)
		judge(tcp({}));
	// Spoofed: to other ports of the victim, every flag; and SYNs, which its proof lets by.
	for (std::uint16_t port = 41000; port < 41100; port++) {
		for (const std::uint8_t flags : {kAck, kRst, kFin, std::uint8_t(kSyn | kAck)})
			EXPECT_EQ(judge(tcp({.source_port = port, .flags = flags})).reason, "no-connection");
	}
	for (std::uint16_t port = 42000; port < 42100; port++)
		EXPECT_EQ(judge(syn("198.51.100.7", port)).reason, port < 42005 ? "admitted" : "source-connections");
	// Of 40 packets the connection has spent 10.
	for (int i = 0; i < 30; i++)
		EXPECT_EQ(judge(tcp({})).reason, "admitted") << i;
	expect({{"the exact count", tcp({}), "source-packets", "api", "api/each-source"}});
}

TEST_F(Prove, WhoIsUnprovedChargesNobodysLimits)
{
	guard(", unproved: {connections: {rate: 1/h, burst: 3}}, each-source: {packets: {rate: 1/h, burst: 10}},"
	      " each-prefix: {ipv4: 24, ipv6: 48, limit: {packets: {rate: 1/h, burst: 10}}}");
	for (int i = 0; i < 3; i++)
		expect({{"within the budget", syn("198.51.100.7"), "admitted", "api"}});
	expect({{"past it", syn("198.51.100.7"), "unproved", "api", "api/unproved"}});
	const auto connection = connected();
	for (int i = 0; i < 9; i++)
		expect({{"ten of ten are left", tcp({}), "admitted", "api"}});
	expect({{"and not more", tcp({}), "source-packets", "api", "api/each-source"}});
}

TEST_F(Prove, AListedSourceProvesItsPathToo)
{
	install("version: 1\n"
		"failsafe:\n  - {protocol: tcp, port: 443, from: [192.0.2.9]}\n"
		"sources:\n"
		"  - {name: partners, action: allow, prefixes: [198.51.100.0/24], limit: {connections: {rate: 1/h, burst: 1}}}\n"
		"  - {name: scanners, action: deny, prefixes: [192.0.2.0/28]}\n"
		"services:\n  - {name: api, protocol: tcp, ports: [443], unproved: {connections: {rate: 1/h, burst: 1}}}\n");
	expect({
		{"a failsafe entry is never asked", tcp({.source = "192.0.2.9"}), "failsafe", "api", "failsafe/1"},
		{"denied is denied before", tcp({.source = "192.0.2.7"}), "listed-deny", "api", "scanners"},
		{"the budget", syn("198.51.100.9"), "listed", "api", "partners"},
		{"a list is a claim as well", syn("198.51.100.9"), "unproved", "api", "api/unproved"},
		{"nobody's", tcp({.source = "198.51.100.9"}), "no-connection", "api"},
	});
}

TEST_F(Prove, WhatIsForwardedIsNotJudgedBySockets)
{
	guard(kOne);
	const auto to = [](const char* destination) {
		return Ethernet{} / Ipv4{.source = "198.51.100.77", .destination = destination} / Tcp{.destination_port = 4430, .flags = kAck};
	};
	install("version: 1\nservices:\n  - {name: api, protocol: tcp, ports: [4430], unproved: {connections: {rate: 1/h, burst: 1}}}\n"
		"  - {name: dns, protocol: udp, ports: [53], unproved: {packets: 100/s}}\n");
	const Packet query = Ethernet{} / Ipv4{.destination = "192.0.2.55"} / Udp{};
	expect({{"nobody listens, and nothing is forwarded", to("203.0.113.10"), "no-connection", "api"},
		{"elsewhere, but nothing is forwarded", to("192.0.2.55"), "no-connection", "api"},
		{"a datagram, the same", query, "no-listener", "dns"}});
	ASSERT_TRUE(network_->set("net.ipv4.ip_forward", "1"));
	ASSERT_TRUE(network_->set("net.ipv6.conf.all.forwarding", "1"));
	expect({{"a router passes it on", to("192.0.2.55"), "admitted", "api"},
		{"and datagrams", query, "admitted", "dns"},
		{"IPv6 too", Ethernet{} / Ipv6{.destination = "2001:db8::55"} / Tcp{.destination_port = 4430, .flags = kAck}, "admitted", "api"},
		{"near miss: this host's own", to("203.0.113.10"), "no-connection", "api"},
		{"near miss: IPv6", Ethernet{} / Ipv6{} / Tcp{.destination_port = 4430, .flags = kAck}, "no-connection", "api"}});
}

TEST_F(Prove, DatagramsForNobodyEndHere)
{
	install("version: 1\nservices:\n"
		"  - {name: dns, protocol: udp, ports: [53], unproved: {packets: {rate: 1/h, burst: 2}}, each-source: {packets: {rate: 1/h, burst: 3}}}\n"
		"  - {name: ntp, protocol: udp, ports: [123]}\n"
		"  - {name: api, protocol: tcp, ports: [443], unproved: {connections: {rate: 1/h, burst: 1}}}\n");
	const auto query = [](const char* source, std::uint16_t port = 53) {
		return Ethernet{} / Ipv4{.source = source} / Udp{.destination_port = port};
	};
	expect({{"nobody listens", query("192.0.2.100"), "no-listener", "dns"},
		{"IPv6", Ethernet{} / Ipv6{} / Udp{}, "no-listener", "dns"},
		{"near miss: a service that does not ask", query("192.0.2.100", 123), "admitted", "ntp"}});
	const auto socket = network_->bind_udp(53);
	ASSERT_TRUE(socket) << socket.error().sentence();
	expect({{"somebody does", query("192.0.2.100"), "admitted", "dns"},
		{"IPv6, and the budget is spent", Ethernet{} / Ipv6{} / Udp{}, "admitted", "dns"},
		{"unproved", query("192.0.2.101"), "unproved", "dns", "dns/unproved"}});
	const auto connection = connected();
	for (int i = 0; i < 3; i++)
		expect({{"seen before, by TCP", query("198.51.100.7"), "admitted", "dns"}});
	expect({{"under its own limit", query("198.51.100.7"), "source-packets", "dns", "dns/each-source"}});
}

TEST_F(Prove, ObserveCountsAndDropsNothing)
{
	install("version: 1\nmode: observe\nservices:\n  - {name: api, protocol: tcp, ports: [443], unproved: {connections: {rate: 1/h, burst: 1}}}\n");
	expect_observed({{"the budget", syn("192.0.2.1"), "admitted", "api"},
			 {"past it", syn("192.0.2.1"), "unproved", "api", "api/unproved"},
			 {"nobody's", tcp({}), "no-connection", "api"}});
}

TEST_F(Prove, ExplainLearnsAndChargesNothing)
{
	guard(kOne);
	const auto connection = network_->connect(*listener_, "198.51.100.7", 40001, 443);
	ASSERT_TRUE(connection);
	const auto before = state_of(*gate_);
	EXPECT_EQ(path_of(tcp({})), SLUICE_PATH_CONNECTION);
	EXPECT_EQ(path_of(syn("198.51.100.7")), SLUICE_PATH_UNPROVED);
	EXPECT_EQ(path_of(syn("192.0.2.100")), SLUICE_PATH_UNPROVED);
	EXPECT_EQ(path_of(tcp({.source_port = 1})), SLUICE_PATH_NOBODY);
	EXPECT_EQ(path_of(tcp({.port = 8080})), SLUICE_PATH_UNASKED);
	const auto after = state_of(*gate_);
	ASSERT_TRUE(before && after);
	EXPECT_EQ(changes(*before, *after), std::vector<std::string>{});
	judge(tcp({}));
	EXPECT_EQ(path_of(syn("198.51.100.7")), SLUICE_PATH_PROVED);
	const Bytes unproved = syn("192.0.2.100").bytes();
	const auto explanation = gate_->datapath().explain(std::as_bytes(Frame(unproved)));
	ASSERT_TRUE(explanation);
	ASSERT_EQ(explanation->found.count, 1u) << "the budget is among the limits";
	EXPECT_EQ(explanation->found.asked[0].refuses, 0);
}

}  // namespace sluice::test
