// A daemon on the datapath without a kernel: its files, its socket, its thread.
#pragma once

#include <gtest/gtest.h>

#include <mutex>
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

// The datapath is the daemon thread's alone; a test that looks in from its own takes turns with it.
class SharedDatapath final : public datapath::Datapath {
public:
	explicit SharedDatapath(datapath::MemoryDatapath& inner) : inner_(inner) {}

	template <typename Work>
	auto with(Work work)
	{
		const std::scoped_lock turn(mutex_);
		return work(inner_);
	}

	Result<policy::Heritage> heritage() override { return with([](auto& d) { return d.heritage(); }); }
	Result<std::optional<datapath::Running>> running() override { return with([](auto& d) { return d.running(); }); }
	using Datapath::install;
	Result<datapath::Running> install(policy::Image image, datapath::ShadowFate fate) override
	{
		return with([&](auto& d) { return d.install(std::move(image), fate); });
	}
	Result<datapath::Running> shadow(policy::Image image) override { return with([&](auto& d) { return d.shadow(std::move(image)); }); }
	Result<void> end_shadow() override { return with([](auto& d) { return d.end_shadow(); }); }
	Result<std::optional<datapath::Running>> candidate() override { return with([](auto& d) { return d.candidate(); }); }
	Result<datapath::ShadowCounters> shadow_counters() override { return with([](auto& d) { return d.shadow_counters(); }); }
	Result<std::optional<datapath::Running>> previous() override { return with([](auto& d) { return d.previous(); }); }
	Result<datapath::Running> revert() override { return with([](auto& d) { return d.revert(); }); }
	Result<datapath::Interface> attach(const std::string& name, std::optional<datapath::AttachMode> only) override
	{
		return with([&](auto& d) { return d.attach(name, only); });
	}
	Result<void> detach(const std::string& name) override { return with([&](auto& d) { return d.detach(name); }); }
	Result<std::vector<datapath::Interface>> interfaces() override { return with([](auto& d) { return d.interfaces(); }); }
	Result<void> ban(const datapath::Ban& ban) override { return with([&](auto& d) { return d.ban(ban); }); }
	Result<void> unban(const net::Prefix& prefix) override { return with([&](auto& d) { return d.unban(prefix); }); }
	Result<std::vector<datapath::Ban>> bans() override { return with([](auto& d) { return d.bans(); }); }
	Result<void> put_identity(const datapath::Identity& identity) override
	{
		return with([&](auto& d) { return d.put_identity(identity); });
	}
	Result<void> put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns) override
	{
		return with([&](auto& d) { return d.put_lease(binding, slot, expires_boot_ns); });
	}
	Result<void> drop_lease(const datapath::Binding& binding) override { return with([&](auto& d) { return d.drop_lease(binding); }); }
	Result<void> revoke(std::uint32_t slot) override { return with([&](auto& d) { return d.revoke(slot); }); }
	Result<std::optional<datapath::Identity>> identity(std::uint32_t slot) override { return with([&](auto& d) { return d.identity(slot); }); }
	Result<datapath::Leases> leases() override { return with([](auto& d) { return d.leases(); }); }
	Result<void> overlay(const datapath::OverlayEntry& entry) override { return with([&](auto& d) { return d.overlay(entry); }); }
	Result<void> forget(const net::Prefix& prefix) override { return with([&](auto& d) { return d.forget(prefix); }); }
	Result<std::vector<datapath::OverlayEntry>> overlay_entries() override { return with([](auto& d) { return d.overlay_entries(); }); }
	Result<datapath::Explanation> explain(std::span<const std::byte> frame) override
	{
		return with([&](auto& d) { return d.explain(frame); });
	}
	Result<datapath::Counters> counters() override { return with([](auto& d) { return d.counters(); }); }
	Result<datapath::MemoryUse> memory() override { return with([](auto& d) { return d.memory(); }); }
	int events_fd() override { return inner_.events_fd(); }
	Result<void> drain_events(const std::function<void(const sluice_event&)>& take) override
	{
		return with([&](auto& d) { return d.drain_events(take); });
	}
	Result<datapath::Answering> answering() override { return with([](auto& d) { return d.answering(); }); }
	std::uint64_t now_mono_ns() override { return inner_.now_mono_ns(); }
	std::uint64_t now_boot_ns() override { return inner_.now_boot_ns(); }

private:
	datapath::MemoryDatapath& inner_;
	std::mutex mutex_;
};

// What can be judged without a running daemon.
struct DaemonHost {
	DaemonHost() : datapath(clock), shared(datapath)
	{
		spdlog::set_level(spdlog::level::off);
		directory.write("policy.yaml", kPolicy);
		directory.write("scanners.netset", "192.0.2.0/24\n");
		datapath.add_interface("test-eth1");
		datapath.add_interface("test-eth2", false);
		options.policy = directory.at("policy.yaml");
		options.socket = directory.at("control.sock");
		options.state = directory.at("state");
	}
	std::string path() const { return options.policy; }

	Directory directory;
	SystemClock clock;
	datapath::MemoryDatapath datapath;  // while a daemon runs, through `shared`
	SharedDatapath shared;
	daemon::Options options;
	Notifier notifier;
};

// Runs from construction to destruction; started() says how it began.
class RunningDaemon {
public:
	explicit RunningDaemon(DaemonHost& host)
	    : daemon_(host.options, {host.shared, host.clock, host.notifier, 1u << 19, {}}), client(host.options.socket)
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
