// Bytes and descriptors over a Unix stream socket (SCM_RIGHTS), without blocking.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace sluice::port {

// How many of the bytes went out; 0: there is no room now. The descriptors go with the first byte, so with the first call
// that does not return 0. At most kMostDescriptors of them. Requires bytes.
Result<std::size_t> transmit(int socket, std::string_view bytes, const std::vector<Fd>& descriptors);

struct Received {
	std::size_t bytes = 0;
	bool ended = false;
	std::vector<Fd> descriptors;  // closed on exec
};

// What is there, up to the room. With most_descriptors 0 the kernel drops what comes; otherwise it is error kInvalid when
// more come with one message than messages.h allows.
Result<Received> receive(int socket, std::span<char> room, std::size_t most_descriptors);

}  // namespace sluice::port
