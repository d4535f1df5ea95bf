// Caller: who is at the other end of a Unix socket, as the kernel vouches for it; and whether policy names it as a gateway.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "port/messages.h"

namespace sluice::port {

struct Caller {
	std::uint32_t user = 0;
	std::vector<std::uint32_t> groups;  // all that it is in
};

// As it was when it connected (SO_PEERCRED, SO_PEERGROUPS).
Result<Caller> caller_of(int socket);
bool is_gateway(const Caller& caller, const Authorization& authorization);

}  // namespace sluice::port
