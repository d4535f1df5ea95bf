// Peer: who is at the other end of a Unix socket, as the kernel vouches for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace sluice::control {

struct Peer {
	std::uint32_t uid = 0;
	pid_t pid = 0;
};

// Of a connected socket: as it was when it connected (SO_PEERCRED).
Result<Peer> peer_of(int socket);
// The name that the host gives a user; empty: none.
std::string user_name(std::uint32_t uid);
// Those of a name, or of a number as text; nothing: the host knows none.
std::optional<std::uint32_t> user_id(const std::string& name);
std::optional<std::uint32_t> group_id(const std::string& name);

}  // namespace sluice::control
