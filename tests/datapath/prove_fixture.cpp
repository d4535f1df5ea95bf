#include "datapath/prove_fixture.h"

#include "kernel/typed_map.h"

namespace sluice::test {

void ProveTest::SetUp()
{
	auto network = OwnNetwork::open();
	if (!network && network.error().code() == ErrorCode::kDenied)
		GTEST_SKIP() << "needs a network namespace: " << network.error().sentence();
	ASSERT_TRUE(network) << network.error().sentence();
	network_.emplace(std::move(*network));
	ASSERT_NO_FATAL_FAILURE(GateTest::SetUp());
	auto listener = network_->listen(443);
	ASSERT_TRUE(listener) << listener.error().sentence();
	listener_.emplace(std::move(*listener));
}

void ProveTest::guard(const std::string& terms)
{
	install("version: 1\n"
		"services:\n"
		"  - {name: api, protocol: tcp, ports: [443]" + terms + "}\n"
		"  - {name: plain, protocol: tcp, ports: [8080]}\n");
}

OwnNetwork::Connection ProveTest::connected(const std::string& client, std::uint16_t client_port)
{
	auto connection = network_->connect(*listener_, client, client_port, 443);
	if (!connection) {
		ADD_FAILURE() << connection.error().sentence();
		return {};
	}
	EXPECT_EQ(judge(tcp({.source = client, .source_port = client_port})).reason, "admitted");
	return std::move(*connection);
}

sluice_path ProveTest::path_of(const Packet& packet)
{
	const Bytes bytes = packet.bytes();
	const auto explanation = gate_->datapath().explain(std::as_bytes(Frame(bytes)));
	EXPECT_TRUE(explanation) << explanation.error().sentence();
	return explanation ? static_cast<sluice_path>(explanation->found.path) : SLUICE_PATHS;
}

void ProveTest::expire_proofs_in(std::int64_t seconds)
{
	const auto map = gate_->state("proofs");
	ASSERT_TRUE(map) << map.error().sentence();
	const auto sets = kernel::TypedMap<std::uint32_t, sluice_proof_set>::over(*map);
	ASSERT_TRUE(sets) << sets.error().sentence();
	const auto expires = static_cast<std::uint32_t>(static_cast<std::int64_t>(gate_->now_mono_ns() / 1'000'000'000) + seconds);
	for (std::uint32_t i = 0; i < SLUICE_PROOF_SETS; i++) {
		auto set = sets->lookup(i);
		ASSERT_TRUE(set) << set.error().sentence();
		bool changed = false;
		for (auto& way : set->way) {
			if (way == 0)
				continue;
			way = way >> 32 << 32 | expires;
			changed = true;
		}
		if (changed) {
			ASSERT_TRUE(sets->update(i, *set));
		}
	}
}

Packet tcp(const Segment& segment)
{
	const Tcp header{.source_port = segment.source_port,
			 .destination_port = segment.port,
			 .flags = segment.flags,
			 .acknowledgement = segment.acknowledgement};
	if (segment.source.find(':') != std::string::npos)
		return Ethernet{} / Ipv6{.source = segment.source} / header;
	return Ethernet{} / Ipv4{.source = segment.source} / header;
}

}  // namespace sluice::test
