// Flow: one connection as its packets name it, seen from the client.
#pragma once

#include <compare>
#include <cstdint>

#include "net/address.h"
#include "net/protocol.h"

namespace sluice::net {

struct Flow {
	Address source;
	Address destination;
	std::uint16_t source_port = 0;
	std::uint16_t destination_port = 0;
	Protocol protocol = kTcp;

	auto operator<=>(const Flow&) const = default;
};

}  // namespace sluice::net
