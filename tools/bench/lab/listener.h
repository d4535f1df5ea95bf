// Listener: a TCP server of one byte: who connects gets it, and is let go. From a thread of its own, in a namespace.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include "base/fd.h"
#include "base/result.h"
#include "lab/network_namespace.h"

namespace sluice::lab {

class Listener {
public:
	// At every address of the namespace, of both families.
	static Result<std::unique_ptr<Listener>> open(const NetworkNamespace& space, std::uint16_t port);
	Listener(const Listener&) = delete;
	Listener& operator=(const Listener&) = delete;
	~Listener();

private:
	Listener(Fd socket, Fd end);
	void serve() const;

	Fd socket_;
	Fd end_;  // an eventfd: readable once it is over
	std::thread thread_;
};

}  // namespace sluice::lab
