// ProveTest: the program on a host that has real sockets.
#pragma once

#include <optional>

#include "datapath/table.h"
#include "sluice/abi/proof.h"
#include "support/own_network.h"

namespace sluice::test {

class ProveTest : public TableTest {
protected:
	void SetUp() override;

	// The gate's policy: `terms` of the TCP service api (443); a service `plain` (8080) that asks for nothing.
	void guard(const std::string& terms);
	// A connection from a client's port to port 443, whose packets the gate has seen: its source is proved.
	OwnNetwork::Connection connected(const std::string& client = "198.51.100.7", std::uint16_t client_port = 40001);
	// What the gate knows of the packet's path, as explain() says.
	sluice_path path_of(const Packet& packet);
	// Makes every proof there is expire at `seconds` from now.
	void expire_proofs_in(std::int64_t seconds);

	std::optional<OwnNetwork> network_;
	std::optional<Fd> listener_;
};

// Of a client's TCP packet to this host's port 443, unless told otherwise.
struct Segment {
	std::string source = "198.51.100.7";
	std::uint16_t source_port = 40001;
	std::uint8_t flags = kAck;
	std::uint16_t port = 443;
	std::uint32_t acknowledgement = 1;
};
Packet tcp(const Segment& segment);

}  // namespace sluice::test
