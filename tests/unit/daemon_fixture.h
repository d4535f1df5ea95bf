// A daemon on the datapath without a kernel: its files, its socket, its thread.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "control/client.h"
#include "daemon/daemon.h"
#include "datapath/memory_datapath.h"
#include "unit/control_fixture.h"

namespace sluice::test {

inline constexpr const char* kPolicy =
    "version: 1\n"
    "sources:\n"
    "  - {name: scanners, action: deny, files: [scanners.netset]}\n"
    "services:\n"
    "  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 2000/s}}\n";

// What can be judged without a running daemon.
struct DaemonHost {
	DaemonHost() : datapath(clock)
	{
		spdlog::set_level(spdlog::level::off);
		directory.write("policy.yaml", kPolicy);
		directory.write("scanners.netset", "192.0.2.0/24\n");
		datapath.add_interface("test-eth1");
		datapath.add_interface("test-eth2", false);
		options.policy = directory.at("policy.yaml");
		options.socket = directory.at("control.sock");
	}
	std::string path() const { return options.policy; }

	Directory directory;
	SystemClock clock;
	datapath::MemoryDatapath datapath;
	daemon::Options options;
	daemon::Notifier notifier;
};

// Runs from construction to destruction; started() says how it began.
class RunningDaemon {
public:
	explicit RunningDaemon(DaemonHost& host)
	    : daemon_(host.options, {host.datapath, host.clock, host.notifier, 1u << 19, {}}), client(host.options.socket)
	{
		auto begun = daemon_.start();
		if (!begun) {
			failure = begun.error();
			return;
		}
		thread_ = std::thread([this] { (void)daemon_.run().has_value(); });
	}
	~RunningDaemon() { stop(); }
	void stop()
	{
		if (!thread_.joinable())
			return;
		daemon_.stop();
		thread_.join();
	}
	const policy::Diagnostics& diagnostics() const { return daemon_.diagnostics(); }

	nlohmann::json status()
	{
		auto answer = client.get("/v1/status");
		EXPECT_TRUE(answer) << answer.error().sentence();
		return answer ? *answer : nlohmann::json::object();
	}
	std::uint64_t generation() { return status().value("generation", 0u); }

	std::optional<Error> failure;

private:
	daemon::Daemon daemon_;
	std::thread thread_;

public:
	control::Client client;
};

}  // namespace sluice::test
