// PortListeners: the sockets at which the identity port is reached. The daemon opens and keeps them, the port's process gets
// copies: a process that ends takes no connection with it that it had not accepted. The event loop's thread only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "net/endpoint.h"

namespace sluice::daemon {

class PortListeners {
public:
	// These endpoints in place of those before; one that is there already stays as it is, but [::], which is opened anew where
	// an IPv4 endpoint came to its port, or left it. What cannot be listened at is
	// returned, one sentence each, and tried again with the next call; the rest is listened at. Each endpoint has a port.
	std::vector<std::string> listen_at(const std::vector<net::Endpoint>& endpoints);

	// Those that are open, "[::]:8440", and a copy of each, in the same order.
	std::vector<std::string> names() const;
	Result<std::vector<Fd>> copies() const;

private:
	struct Open {
		Fd socket;
		bool also_ipv4 = false;
	};
	std::map<std::string, Open> open_;
};

}  // namespace sluice::daemon
