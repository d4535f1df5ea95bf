// Identities on real packets: who is admitted by which lease, and every way to be taken for somebody else. Beside each
// stands its nearest miss.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstdlib>

#include "base/fd.h"
#include "datapath/table.h"
#include "support/gate_state.h"
#include "support/identity_policy.h"
#include "support/tree.h"

namespace sluice::test {

namespace {

using datapath::Binding;
using datapath::Flow;

constexpr std::uint64_t kHour = 3600'000'000'000;

std::string with_service(const std::string& terms, const std::string& rest = "")
{
	return "version: 1\n" + rest + identity_section() +
	       "services:\n  - {name: api, protocol: tcp, ports: [443], " + terms + "}\n  - {name: open, protocol: tcp, ports: [80]}\n";
}

const std::string kReaders = "admit: {roles: [reader]}";

struct Ends {
	std::string source = "198.51.100.7";
	std::uint16_t source_port = 40000;
	std::string destination = "203.0.113.10";
	std::uint16_t destination_port = 443;
};

Packet tcp(const Ends& ends, std::uint8_t flags = kAck)
{
	return Ethernet{} / Ipv4{.source = ends.source, .destination = ends.destination} /
	       Tcp{.source_port = ends.source_port, .destination_port = ends.destination_port, .flags = flags};
}

Binding flow(const Ends& ends)
{
	return Flow{*net::Address::parse(ends.source), *net::Address::parse(ends.destination), ends.source_port, ends.destination_port, net::kTcp};
}

Binding prefix(const char* text)
{
	return *net::Prefix::parse(text);
}

class Identity : public TableTest {
protected:
	std::uint64_t now() { return gate_->datapath().now_boot_ns(); }

	std::uint64_t role(const std::string& name)
	{
		const auto& roles = gate_->running().roles;
		for (std::size_t bit = SLUICE_ROLE_FIRST; bit < roles.size(); bit++) {
			if (roles[bit].text == name)
				return 1ull << bit;
		}
		ADD_FAILURE() << "no role " << name;
		return 0;
	}

	void put(std::uint32_t slot, const std::string& name, std::uint64_t roles, std::uint64_t for_ns = kHour)
	{
		datapath::Identity identity{slot, name, "prod.example", *datapath::digest_of("prod.example", name), roles, now() + for_ns, 0, false};
		const auto written = gate_->datapath().put_identity(identity);
		ASSERT_TRUE(written) << written.error().sentence();
	}

	void lease(const Binding& binding, std::uint32_t slot = 1, std::uint64_t for_ns = kHour)
	{
		const auto written = gate_->datapath().put_lease(binding, slot, now() + for_ns);
		ASSERT_TRUE(written) << written.error().sentence();
	}

	// A reader in slot 1, whose flow is that of Ends{}.
	void install_reader(const std::string& terms = kReaders, const std::string& rest = "")
	{
		ASSERT_NO_FATAL_FAILURE(install(with_service(terms, rest)));
		put(1, "spiffe://prod.example/billing", role("reader"));
		lease(flow({}));
	}
};

}  // namespace

TEST_F(Identity, AFlowIsItsHoldersAndNobodyElses)
{
	install_reader();
	expect({
		{"the very flow", tcp({}), "identified", "api"},
		{"near miss: a NAT neighbour, another port of the same address", tcp({.source_port = 40001}), "unidentified", "api"},
		{"near miss: another address", tcp({.source = "198.51.100.8"}), "unidentified", "api"},
		{"near miss: another address of the host", tcp({.destination = "203.0.113.11"}), "unidentified", "api"},
		{"the same source to a service that does not ask", tcp({.destination_port = 80}), "admitted", "open"},
		{"near miss: the flow the other way round",
		 tcp({.source = "203.0.113.10", .source_port = 443, .destination = "198.51.100.7", .destination_port = 443}), "unidentified", "api"},
	});
	const Packet udp = Ethernet{} / Ipv4{} / Udp{.source_port = 40000, .destination_port = 443};
	expect({{"near miss: UDP with the same ports", udp, "default-allow"}});
}

TEST_F(Identity, ARoleThatTheServiceDoesNotAdmitIsNotEnough)
{
	install(with_service(kReaders));
	put(1, "spiffe://prod.example/writer", role("writer"));
	put(2, "spiffe://prod.example/both", role("writer") | role("reader"));
	put(3, "spiffe://prod.example/none", 0);
	lease(flow({}), 1);
	lease(flow({.source_port = 40001}), 2);
	lease(flow({.source_port = 40002}), 3);
	expect({
		{"another role", tcp({}), "role-missing", "api"},
		{"near miss: that one and the right one", tcp({.source_port = 40001}), "identified", "api"},
		{"no role", tcp({.source_port = 40002}), "role-missing", "api"},
		{"near miss: no identity", tcp({.source_port = 40003}), "unidentified", "api"},
	});
}

TEST_F(Identity, RevocationBitesOnTheNextPacketOfAnOpenFlow)
{
	install_reader();
	put(2, "spiffe://prod.example/other", role("reader"));
	for (std::uint16_t port = 40001; port < 40010; port++)
		lease(flow({.source_port = port}));
	lease(flow({.source_port = 50000}), 2);
	expect({{"before", tcp({}), "identified", "api"}});
	ASSERT_TRUE(gate_->datapath().revoke(1));
	for (std::uint16_t port = 40000; port < 40010; port++)
		expect({{"every flow of the identity", tcp({.source_port = port}), "unidentified", "api"}});
	expect({{"near miss: another identity", tcp({.source_port = 50000}), "identified", "api"}});
	put(1, "spiffe://prod.example/billing", role("reader"));
	expect({{"a renewed identity brings no revoked lease back", tcp({}), "unidentified", "api"}});
	lease(flow({}));
	expect({{"near miss: leased anew", tcp({}), "identified", "api"}});
}

TEST_F(Identity, WhatIsOverIsOverWhoeverIsLate)
{
	install_reader();
	lease(flow({}), 1, 0);
	expect({{"the lease has expired", tcp({}), "unidentified", "api"}});
	lease(flow({}));
	put(1, "spiffe://prod.example/billing", role("reader"), 0);
	expect({{"the identity has expired", tcp({}), "unidentified", "api"}});
	put(1, "spiffe://prod.example/billing", role("reader"));
	expect({{"near miss: neither", tcp({}), "identified", "api"}});
}

TEST_F(Identity, TheFourTupleUsedAgainIsSomebodyElses)
{
	install_reader();
	expect({
		{"a new connection is nobody's", tcp({}, kSyn), "unidentified", "api"},
		{"and has ended the lease of the ports' former owner", tcp({}), "unidentified", "api"},
	});
	lease(flow({}));
	lease(flow({.source_port = 40001}));
	expect({
		{"near miss: a SYN of another flow", tcp({.source_port = 40001}, kSyn), "unidentified", "api"},
		{"leaves this one alone", tcp({}), "identified", "api"},
		{"near miss: SYN and ACK opens nothing", tcp({}, kSyn | kAck), "identified", "api"},
		{"a RST changes nothing", tcp({}, kRst), "identified", "api"},
		{"nor does a FIN", tcp({}, kFin | kAck), "identified", "api"},
		{"the flow goes on", tcp({}), "identified", "api"},
	});
}

// The host still has the connection: whoever writes that SYN is not who will get the flow.
TEST_F(Identity, ASpoofedSynTakesNoLeaseFromAConnectionThatIsOpen)
{
	const Fd outside(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	ASSERT_EQ(0, ::unshare(CLONE_NEWNET));
	ASSERT_EQ(0, std::system("ip link set lo up && ip addr add 192.0.2.1/32 dev lo"));
	sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(443), .sin_addr = {}, .sin_zero = {}};
	::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
	const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	ASSERT_EQ(0, ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)));
	ASSERT_EQ(0, ::listen(listener.get(), 1));
	Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	ASSERT_EQ(0, ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)));
	Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
	sockaddr_in own{};
	socklen_t size = sizeof(own);
	ASSERT_EQ(0, ::getsockname(client.get(), reinterpret_cast<sockaddr*>(&own), &size));
	const Ends ends{"192.0.2.1", ntohs(own.sin_port), "192.0.2.1", 443};

	install_reader();
	lease(flow(ends));
	expect({
		{"the connection", tcp(ends), "identified", "api"},
		{"the SYN itself is nobody's", tcp(ends, kSyn), "unidentified", "api"},
		{"and takes nothing away", tcp(ends), "identified", "api"},
	});
	const linger at_once{1, 0};
	::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	client = Fd();
	server = Fd();
	expect({
		{"near miss: once the connection is gone", tcp(ends, kSyn), "unidentified", "api"},
		{"the lease is", tcp(ends), "unidentified", "api"},
	});
	EXPECT_EQ(0, ::setns(outside.get(), CLONE_NEWNET));
}

TEST_F(Identity, ExplainingASynEndsNoLease)
{
	install_reader();
	const auto before = state_of(*gate_);
	const auto explained = gate_->datapath().explain(std::as_bytes(Frame(tcp({}, kSyn).bytes())));
	ASSERT_TRUE(explained) << explained.error().sentence();
	EXPECT_EQ(SLUICE_UNIDENTIFIED, explained->found.reason);
	const auto after = state_of(*gate_);
	ASSERT_TRUE(before && after);
	EXPECT_EQ(changes(*before, *after), std::vector<std::string>());
	const auto flow_explained = gate_->datapath().explain(std::as_bytes(Frame(tcp({}).bytes())));
	ASSERT_TRUE(flow_explained);
	EXPECT_EQ(SLUICE_IDENTIFIED, flow_explained->found.reason);
	ASSERT_TRUE(flow_explained->identity);
	EXPECT_EQ("spiffe://prod.example/billing", flow_explained->identity->name);
	EXPECT_EQ(SLUICE_LEASE_IN_FORCE, flow_explained->found.lease);
	ASSERT_TRUE(gate_->datapath().revoke(1));
	const auto revoked = gate_->datapath().explain(std::as_bytes(Frame(tcp({}).bytes())));
	ASSERT_TRUE(revoked && revoked->identity);
	EXPECT_EQ(SLUICE_LEASE_REVOKED, revoked->found.lease) << "why it is nobody's";
}

TEST_F(Identity, SpoofedPacketsBurnNothingOfTheVictimsBudget)
{
	install_reader(kReaders + ", each-identity: {packets: {rate: 1/h, burst: 5}}");
	for (std::uint16_t i = 0; i < 50; i++) {
		for (const std::uint8_t flags : {kSyn, kAck, kRst, std::uint8_t(kPsh | kAck)})
			expect({{"a guess at the port", tcp({.source_port = std::uint16_t(41000 + i)}, flags), "unidentified", "api"}});
	}
	for (int i = 0; i < 5; i++)
		expect({{"the victim has all of it", tcp({}), "identified", "api"}});
	expect({{"and not more", tcp({}), "identity-packets", "api", "api/each-identity"}});
}

TEST_F(Identity, OneBudgetWhateverTheAddressesAndNoRenewalRefillsIt)
{
	install_reader(kReaders + ", each-identity: {packets: {rate: 1/h, burst: 4}}");
	put(2, "spiffe://prod.example/other", role("reader"));
	lease(prefix("192.0.2.9"));
	lease(prefix("2001:db8:7::/64"));
	lease(flow({.source_port = 50000}), 2);
	const Packet ipv6 = Ethernet{} / Ipv6{.source = "2001:db8:7::abcd"} / Tcp{};
	expect({
		{"by its flow", tcp({}), "identified", "api"},
		{"by its address", tcp({.source = "192.0.2.9", .source_port = 7}), "identified", "api"},
		{"by its prefix, a new connection", ipv6, "identified", "api"},
		{"the last", tcp({.source = "192.0.2.9", .source_port = 8}, kSyn), "identified", "api"},
		{"one too many", tcp({}), "identity-packets", "api", "api/each-identity"},
		{"also by another address", ipv6, "identity-packets", "api", "api/each-identity"},
		{"near miss: another identity", tcp({.source_port = 50000}), "identified", "api"},
	});
	put(1, "spiffe://prod.example/billing", role("reader"));
	lease(flow({}));
	lease(flow({.source_port = 40009}));
	expect({
		{"renewed", tcp({}), "identity-packets", "api", "api/each-identity"},
		{"a new flow", tcp({.source_port = 40009}), "identity-packets", "api", "api/each-identity"},
	});
}

TEST_F(Identity, EveryDimensionOfItsLimitHasItsReason)
{
	install_reader(kReaders + ", each-identity: {connections: {rate: 1/h, burst: 1}}");
	lease(prefix("192.0.2.9"));
	expect({
		{"a connection", tcp({.source = "192.0.2.9"}, kSyn), "identified", "api"},
		{"one more", tcp({.source = "192.0.2.9"}, kSyn), "identity-connections", "api", "api/each-identity"},
		{"near miss: no connection", tcp({.source = "192.0.2.9"}), "identified", "api"},
	});
	ASSERT_NO_FATAL_FAILURE(install(with_service(kReaders + ", each-identity: {bits: {rate: 1k/h, burst: 12112}}")));
	const Packet full = Ethernet{} / Ipv4{} / Tcp{.flags = kAck} / payload(1460);
	expect({
		{"a full frame", full, "identified", "api"},
		{"one more", full, "identity-bits", "api", "api/each-identity"},
	});
}

TEST_F(Identity, AFloodOfOthersUsesUpNothingOfAnIdentitys)
{
	install_reader("each-identity: {packets: 1k/s}, each-source: {packets: {rate: 1/h, burst: 1}}, all-sources: {packets: {rate: 1/h, burst: 2}}");
	expect({
		{"somebody", tcp({.source = "192.0.2.1"}), "admitted", "api"},
		{"somebody else", tcp({.source = "192.0.2.2"}), "admitted", "api"},
		{"the service is full", tcp({.source = "192.0.2.3"}), "service-packets", "api", "api/all-sources"},
	});
	for (int i = 0; i < 20; i++)
		expect({{"but not for the identity", tcp({}), "identified", "api"}});
	expect({{"near miss: its address without its flow", tcp({.source_port = 40001}), "service-packets", "api", "api/all-sources"}});
}

TEST_F(Identity, ASlotThatGoesToAnotherTakesNoLeaseAlong)
{
	install_reader();
	put(1, "spiffe://prod.example/heir", role("reader"));
	expect({{"the former owner's flow", tcp({}), "unidentified", "api"}});
	lease(flow({.source_port = 40001}));
	expect({{"near miss: the heir's own", tcp({.source_port = 40001}), "identified", "api"}});
	const auto leases = gate_->datapath().leases();
	ASSERT_TRUE(leases);
	ASSERT_EQ(1u, leases->leases.size()) << "what is void is removed";
	EXPECT_EQ("198.51.100.7:40001 > 203.0.113.10:443 tcp", datapath::to_string(leases->leases[0].binding));
	EXPECT_EQ("spiffe://prod.example/heir", leases->identities.at(0).name);
}

TEST_F(Identity, TheLongestBindingInForceNamesThePacket)
{
	install_reader(kReaders);
	put(2, "spiffe://prod.example/writer", role("writer"));
	lease(prefix("192.0.2.0/24"), 1);
	lease(prefix("192.0.2.9"), 2);
	expect({
		{"the address is the writer's", tcp({.source = "192.0.2.9"}), "role-missing", "api"},
		{"near miss: its neighbour is the reader's", tcp({.source = "192.0.2.8"}), "identified", "api"},
		{"near miss: behind the prefix", tcp({.source = "192.0.3.9"}), "unidentified", "api"},
	});
	lease(flow({.source = "192.0.2.9"}), 1);
	expect({{"a flow is longer than any prefix", tcp({.source = "192.0.2.9"}), "identified", "api"}});
	ASSERT_TRUE(gate_->datapath().revoke(2));
	expect({{"what is not in force hides nothing", tcp({.source = "192.0.2.9", .source_port = 7}), "identified", "api"}});
}

TEST_F(Identity, Precedence)
{
	install_reader(kReaders, "default: deny\nsources:\n"
				 "  - {name: bad, action: deny, prefixes: [198.51.100.7]}\n"
				 "  - {name: friends, action: allow, prefixes: [198.51.100.8]}\n");
	lease(flow({.source = "192.0.2.7"}));
	lease(flow({.source = "192.0.2.7", .destination_port = 80}));
	expect({
		{"a deny list outranks an identity", tcp({}), "listed-deny", "api", "bad"},
		{"an allow list needs none", tcp({.source = "198.51.100.8"}), "listed", "api", "friends"},
		{"an identity that is admitted by role outranks the default", tcp({.source = "192.0.2.7"}), "identified", "api"},
		{"near miss: nobody", tcp({.source = "192.0.2.8"}), "unidentified", "api"},
		{"near miss: a service that does not ask", tcp({.source = "192.0.2.7", .destination_port = 80}), "default-deny", "open"},
	});
	ASSERT_TRUE(gate_->ban("192.0.2.7"));
	expect({{"a ban outranks an identity", tcp({.source = "192.0.2.7"}), "banned", "api"}});
}

TEST_F(Identity, OutlivesTheDaemonAndThePolicy)
{
	install_reader();
	ASSERT_TRUE(gate_->reopen());
	expect({{"another daemon", tcp({}), "identified", "api"}});
	const auto leases = gate_->datapath().leases();
	ASSERT_TRUE(leases);
	EXPECT_EQ(1u, leases->identities.size());
	EXPECT_EQ(1u, leases->leases.size());
	ASSERT_NO_FATAL_FAILURE(install(with_service("admit: {roles: [writer, reader]}")));
	expect({{"another policy with that role", tcp({}), "identified", "api"}});
}

// Sixty-three other roles: the numbers of those that are gone are needed.
TEST_F(Identity, NobodyHasARoleThatWasAnothersNumber)
{
	install_reader();
	std::string roles = "version: 1\nidentity:\n  trust-domains: [{name: prod.example, authorities: [\"" + in_tree("tests/data/pki/prod.pem") + "\"]}]\n  roles:\n";
	std::string admitted;
	for (int i = 0; i < 63; i++) {
		roles += "    - {name: r" + std::to_string(i) + ", scopes: [s]}\n";
		admitted += (i == 0 ? "r" : ", r") + std::to_string(i);
	}
	ASSERT_NO_FATAL_FAILURE(install(roles + "services:\n  - {name: api, protocol: tcp, ports: [443], admit: {roles: [" + admitted + "]}}\n"));
	expect({{"every role is admitted, and this identity has none any more", tcp({}), "role-missing", "api"}});
}

TEST_F(Identity, AFullTableRefusesNewLeasesAndRenewsThoseThatAreThere)
{
	auto small = Gate::open({.bucket_bytes = 1u << 20, .identity_capacity = 3, .lease_capacity = 8});
	ASSERT_TRUE(small) << small.error().sentence();
	gate_ = std::move(*small);
	install_reader();
	for (std::uint16_t port = 40001; port < 40008; port++)
		lease(flow({.source_port = port}));
	const auto refused = gate_->datapath().put_lease(flow({.source_port = 40008}), 1, now() + kHour);
	ASSERT_FALSE(refused);
	EXPECT_EQ(ErrorCode::kExhausted, refused.error().code());
	lease(flow({}), 1, 2 * kHour);
	expect({
		{"renewed", tcp({}), "identified", "api"},
		{"near miss: the one too many", tcp({.source_port = 40008}), "unidentified", "api"},
	});
	const auto slot = gate_->datapath().put_identity({3, "x", "prod.example", {1}, 0, now() + kHour, 0, false});
	ASSERT_FALSE(slot);
	EXPECT_EQ(ErrorCode::kInvalid, slot.error().code());
}

TEST_F(Identity, AnEventSaysWhosePacketItWas)
{
	install_reader(kReaders + ", each-identity: {packets: {rate: 1/h, burst: 1}}");
	std::vector<std::uint32_t> identities;
	judge(tcp({}));
	judge(tcp({}));
	judge(tcp({.source_port = 40001}));
	ASSERT_TRUE(gate_->datapath().drain_events([&](const sluice_event& event) { identities.push_back(event.identity); }));
	EXPECT_EQ(identities, (std::vector<std::uint32_t>{1, 0}));
}

}  // namespace sluice::test
