// Every reason that policy gives, each with its nearest miss.
//
// Two reasons no packet can provoke here. `internal` needs a lookup that cannot fail to fail: every test asserts that
// it never counts. `contended` needs eight processors that win the same bucket between one's read and swap.
#include "datapath/table.h"

namespace sluice::test {

namespace {

constexpr const char* kPolicy = R"(
version: 1
default: allow
failsafe:
  - {protocol: tcp, port: 22, from: [192.0.2.0/28, "2001:db8:1::/64"]}
  - {protocol: icmp, from: [192.0.2.0/28]}
sources:
  - {name: scanners, action: deny, prefixes: [198.51.100.0/24, 192.0.2.0/24, "2001:db8:bad::/48"]}
  - {name: partners, action: allow, prefixes: [198.51.100.64/26, "2001:db8:bad:1::/64"]}
services:
  - {name: api, protocol: tcp, ports: [443]}
  - {name: admin, protocol: tcp, ports: [9000-9099], admit: listed}
  - {name: dns, protocol: udp, ports: [53], addresses: [203.0.113.10, "2001:db8:10::/64"]}
)";

Packet tcp(const char* source, std::uint16_t port)
{
	return Ethernet{} / Ipv4{.source = source} / Tcp{.destination_port = port};
}

Packet tcp6(const char* source, std::uint16_t port)
{
	return Ethernet{} / Ipv6{.source = source} / Tcp{.destination_port = port};
}

Packet fragment(const char* source)
{
	return Ethernet{} / Ipv4{.source = source, .more = true} / Tcp{} / payload(20);
}

class Reasons : public TableTest {
protected:
	void TearDown() override
	{
		if (!gate_)
			return;
		const auto reasons = gate_->reasons();
		ASSERT_TRUE(reasons) << reasons.error().sentence();
		EXPECT_EQ(reasons->count("internal"), 0u);
	}
};

}  // namespace

TEST_F(Reasons, NeighbourDiscovery)
{
	install(std::string("version: 1\ndefault: deny\nmode: enforce\n") + "sources:\n  - {name: all, action: deny, prefixes: [\"::/0\"]}\n");
	const auto icmp = [](std::uint8_t hop_limit, std::uint8_t type) {
		return Ethernet{} / Ipv6{.source = "fe80::1", .hop_limit = hop_limit} / Icmpv6{.type = type} / payload(24);
	};
	expect({
		{"a neighbour's advertisement, though everybody is denied", icmp(255, 136), "neighbour-discovery"},
		{"a router's", icmp(255, 134), "neighbour-discovery"},
		{"a redirect", icmp(255, 137), "neighbour-discovery"},
		{"near miss: forwarded once", icmp(254, 136), "listed-deny", "-", "all"},
		{"near miss: an echo request", icmp(255, 128), "listed-deny", "-", "all"},
		{"near miss: renumbering", icmp(255, 138), "listed-deny", "-", "all"},
	});
}

TEST_F(Reasons, Failsafe)
{
	install(kPolicy);
	expect({
		{"the operator's way in, though his network is denied", tcp("192.0.2.1", 22), "failsafe", "-", "failsafe/1"},
		{"by IPv6", tcp6("2001:db8:1::5", 22), "failsafe", "-", "failsafe/1"},
		{"an entry without ports", Ethernet{} / Ipv4{.source = "192.0.2.1"} / Icmp{}, "failsafe", "-", "failsafe/2"},
		{"near miss: another port", tcp("192.0.2.1", 23), "listed-deny", "-", "scanners"},
		{"near miss: another source", tcp("192.0.2.16", 22), "listed-deny", "-", "scanners"},
		{"near miss: another /64", tcp6("2001:db8:1:1::5", 22), "default-allow"},
		{"near miss: UDP", Ethernet{} / Ipv4{.source = "192.0.2.1"} / Udp{.destination_port = 22}, "listed-deny", "-", "scanners"},
		{"near miss: a fragment has no ports", fragment("192.0.2.1"), "listed-deny", "fragments", "scanners"},
	});
}

TEST_F(Reasons, Lists)
{
	install(kPolicy);
	expect({
		{"denied", tcp("198.51.100.7", 443), "listed-deny", "api", "scanners"},
		{"allowed by a longer prefix", tcp("198.51.100.65", 443), "listed", "api", "partners"},
		{"near miss: the first address before it", tcp("198.51.100.63", 443), "listed-deny", "api", "scanners"},
		{"near miss: the first address behind it", tcp("198.51.100.128", 443), "listed-deny", "api", "scanners"},
		{"near miss: the first address behind the list", tcp("198.51.101.0", 443), "admitted", "api"},
		{"IPv6 denied", tcp6("2001:db8:bad::1", 443), "listed-deny", "api", "scanners"},
		{"IPv6 allowed by a longer prefix", tcp6("2001:db8:bad:1::1", 443), "listed", "api", "partners"},
		{"near miss: the next /64", tcp6("2001:db8:bad:2::1", 443), "listed-deny", "api", "scanners"},
		{"allowed, to no service", tcp("198.51.100.65", 1), "listed", "-", "partners"},
	});
}

TEST_F(Reasons, Services)
{
	install(kPolicy);
	const auto dns = [](const char* destination, std::uint16_t port) {
		return Ethernet{} / Ipv4{.destination = destination} / Udp{.destination_port = port};
	};
	const char* other = "203.0.113.99";
	expect({
		{"admitted", tcp(other, 443), "admitted", "api"},
		{"near miss: another port", tcp(other, 444), "default-allow"},
		{"near miss: UDP to that port", Ethernet{} / Ipv4{.source = other} / Udp{.destination_port = 443}, "default-allow"},
		{"not on a list", tcp(other, 9000), "not-admitted", "admin"},
		{"the range's last port", tcp(other, 9099), "not-admitted", "admin"},
		{"near miss: on a list", tcp("198.51.100.65", 9000), "listed", "admin", "partners"},
		{"near miss: behind the range", tcp(other, 9100), "default-allow"},
		{"a denied list outranks admission", tcp("198.51.100.7", 9000), "listed-deny", "admin", "scanners"},
	});
	const auto from = [](Packet packet, const char* source) {
		auto layers = packet.layers();
		std::get<Ipv4>(layers[1]).source = source;
		return Packet(layers);
	};
	expect({
		{"the service's own address", from(dns("203.0.113.10", 53), other), "admitted", "dns"},
		{"near miss: another address", from(dns("203.0.113.11", 53), other), "default-allow"},
		{"its IPv6 prefix", Ethernet{} / Ipv6{.destination = "2001:db8:10::99"} / Udp{}, "admitted", "dns"},
		{"near miss: another prefix", Ethernet{} / Ipv6{.destination = "2001:db8:10:1::99"} / Udp{}, "default-allow"},
	});
}

TEST_F(Reasons, Banned)
{
	install(kPolicy);
	for (const char* prefix : {"203.0.113.64/26", "2001:db8:c::/48", "198.51.100.0/24", "192.0.2.1"})
		ASSERT_TRUE(gate_->ban(prefix)) << prefix;
	expect({
		{"in a banned prefix", tcp("203.0.113.64", 443), "banned", "api"},
		{"near miss: before it", tcp("203.0.113.63", 443), "admitted", "api"},
		{"near miss: behind it", tcp("203.0.113.128", 443), "admitted", "api"},
		{"IPv6", tcp6("2001:db8:c:ffff::1", 443), "banned", "api"},
		{"near miss: the next /48", tcp6("2001:db8:d::1", 443), "admitted", "api"},
		{"a listed allow outranks a ban", tcp("198.51.100.65", 443), "listed", "api", "partners"},
		{"a listed deny is what counts", tcp("198.51.100.7", 443), "listed-deny", "api", "scanners"},
		{"failsafe outranks a ban", tcp("192.0.2.1", 22), "failsafe", "-", "failsafe/1"},
	});
	ASSERT_TRUE(gate_->unban("203.0.113.64/26"));
	expect({{"lifted", tcp("203.0.113.64", 443), "admitted", "api"}});
}

TEST_F(Reasons, DefaultDeny)
{
	install("version: 1\ndefault: deny\nfragments: allow\n"
		"failsafe:\n  - {protocol: tcp, port: 22, from: [192.0.2.1]}\n"
		"sources:\n  - {name: partners, action: allow, prefixes: [198.51.100.64/26]}\n"
		"services:\n  - {name: api, protocol: tcp, ports: [443]}\n");
	expect({
		{"nobody knows the source", tcp("203.0.113.99", 443), "default-deny", "api"},
		{"to no service", tcp("203.0.113.99", 444), "default-deny"},
		{"a fragment of an unlisted source", fragment("203.0.113.99"), "default-deny", "fragments"},
		{"near miss: a listed source", tcp("198.51.100.65", 443), "listed", "api", "partners"},
		{"near miss: failsafe", tcp("192.0.2.1", 22), "failsafe", "-", "failsafe/1"},
		{"near miss: no IP", Ethernet{} / Arp{}, "not-ip"},
	});
}

TEST_F(Reasons, Fragments)
{
	const std::string lists = "sources:\n  - {name: partners, action: allow, prefixes: [198.51.100.64/26]}\n"
				  "  - {name: scanners, action: deny, prefixes: [198.51.100.0/26]}\n"
				  "services:\n  - {name: api, protocol: tcp, ports: [443]}\n";
	const Packet atomic = Ethernet{} / Ipv6{} / Fragment{} / Tcp{};
	const Packet last = Ethernet{} / Ipv6{} / Fragment{.offset = 20, .next = 6} / payload(9);
	install("version: 1\n" + lists);
	expect({
		{"fragments are dropped unless a policy says otherwise", fragment("203.0.113.99"), "fragment", "fragments"},
		{"IPv6", last, "fragment", "fragments"},
		{"of an allowed source too", fragment("198.51.100.65"), "fragment", "fragments"},
		{"a deny list outranks them", fragment("198.51.100.7"), "listed-deny", "fragments", "scanners"},
		{"near miss: an atomic fragment is whole", atomic, "admitted", "api"},
		{"near miss: don't fragment", Ethernet{} / Ipv4{.source = "203.0.113.99", .dont_fragment = true} / Tcp{}, "admitted", "api"},
	});
	install("version: 1\nfragments: allow\n" + lists);
	expect({
		{"allowed", fragment("203.0.113.99"), "fragment-allow", "fragments"},
		{"IPv6 allowed", last, "fragment-allow", "fragments"},
		{"of an allowed source", fragment("198.51.100.65"), "fragment-allow", "fragments", "partners"},
		{"near miss: a shape that hides its header", Ethernet{} / Ipv4{.more = true, .protocol = 6} / payload(8), "fragment-shape"},
	});
	install("version: 1\nfragments: {each-source: {packets: {rate: 1/h, burst: 1}}}\n" + lists);
	expect({
		{"under a limit, the last that fits", fragment("203.0.113.99"), "fragment-allow", "fragments"},
		{"and the first that does not", fragment("203.0.113.99"), "source-packets", "fragments", "fragments/each-source"},
		{"near miss: another source", fragment("203.0.113.98"), "fragment-allow", "fragments"},
	});
}

TEST_F(Reasons, ObserveJudgesAndDropsNothing)
{
	std::string policy = kPolicy;
	policy.replace(policy.find("default: allow"), 14, "mode: observe\ndefault: allow");
	install(policy);
	ASSERT_TRUE(gate_->ban("203.0.113.64"));
	expect_observed({
		{"denied, as if", tcp("198.51.100.7", 443), "listed-deny", "api", "scanners"},
		{"banned, as if", tcp("203.0.113.64", 443), "banned", "api"},
		{"malformed, as if", Ethernet{} / Ipv4{.words = 4} / Tcp{}, "ip-header"},
		{"not admitted, as if", tcp("203.0.113.99", 9000), "not-admitted", "admin"},
		{"admitted", tcp("203.0.113.99", 443), "admitted", "api"},
	});
}

TEST_F(Reasons, EveryProtocolByItsNumber)
{
	std::string policy = "version: 1\nservices:\n";
	for (int protocol = 0; protocol < 256; protocol++) {
		if (protocol != 6 && protocol != 17)
			policy += "  - {name: p" + std::to_string(protocol) + ", protocol: " + std::to_string(protocol) + "}\n";
	}
	install(policy);
	for (int protocol = 0; protocol < 256; protocol++) {
		if (protocol == 6 || protocol == 17)
			continue;
		const auto number = static_cast<std::uint8_t>(protocol);
		const Judgement judgement = judge(Ethernet{} / Ipv4{.protocol = number} / payload(24));
		EXPECT_EQ(judgement.service, "p" + std::to_string(protocol));
		EXPECT_EQ(judgement.reason, "admitted") << protocol;
	}
	EXPECT_EQ(judge(tcp("203.0.113.99", 443)).service, "-");
}

}  // namespace sluice::test
