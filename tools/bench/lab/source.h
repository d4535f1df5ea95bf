// Source: a TCP server that sends without end to whoever connects, one at a time; and a client who takes what comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/fd.h"
#include "base/result.h"
#include "lab/network_namespace.h"

namespace sluice::lab {

class Source {
public:
	// At every address of the namespace, by that congestion control: "cubic".
	static Result<std::unique_ptr<Source>> open(const NetworkNamespace& space, std::uint16_t port, const std::string& congestion);
	Source(const Source&) = delete;
	Source& operator=(const Source&) = delete;
	~Source();

private:
	Source(Fd socket, Fd end);
	void serve() const;

	Fd socket_;
	Fd end_;  // an eventfd: readable once it is over
	std::thread thread_;
};

// Connects to `server` (IPv4) from `address`, takes what comes for so long, and says how many bytes a second that were.
Result<double> take_from(const NetworkNamespace& space, const std::string& address, const std::string& server, std::uint16_t port,
			 std::chrono::duration<double> length);

}  // namespace sluice::lab
