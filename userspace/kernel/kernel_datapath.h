// KernelDatapath: the Datapath that judges real packets: the XDP program, its maps, and the pins that keep both.
//
// Everything lasting is pinned, so that enforcement outlives the daemon and the next one adopts it. A failed call leaves
// program, links, pins and state as they were. One caller, the daemon's event loop.
//
// Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; `open` also CAP_SYS_ADMIN where bpffs has to be mounted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "datapath/datapath.h"
#include "kernel/calls.h"

namespace sluice::kernel {

inline constexpr const char* kDefaultPins = "/sys/fs/bpf/sluice";

struct Options {
	std::string pins = kDefaultPins;
	// Sizes of the state maps when they are made. Those that are adopted keep the size they have; notes() says so.
	std::uint64_t bucket_bytes = 32ull << 20;  // rounded down to a power of two of sets
	std::uint32_t ban_capacity = 65536;
	std::uint32_t identity_capacity = 4096;    // slots, the first of which is nobody's
	std::uint32_t lease_capacity = 32768;
	std::uint32_t event_bytes = 1u << 20;      // a power of two, at least a page
};

class KernelDatapath final : public datapath::Datapath {
public:
	// Adopts what is pinned under options.pins, or starts afresh; changes nothing that judges packets. A half-published
	// generation (its daemon died between two links) is published to the rest. `clock` and `calls` outlive the object.
	static Result<std::unique_ptr<KernelDatapath>> open(const Options& options, const Clock& clock, Calls& calls);
	~KernelDatapath() override;

	Result<policy::Heritage> heritage() override;
	Result<std::optional<datapath::Running>> running() override;
	using Datapath::install;
	Result<datapath::Running> install(policy::Image image, datapath::ShadowFate fate) override;
	Result<std::optional<datapath::Running>> previous() override;
	Result<datapath::Running> revert() override;
	Result<datapath::Running> shadow(policy::Image image) override;
	Result<void> end_shadow() override;
	Result<std::optional<datapath::Running>> candidate() override;
	Result<datapath::ShadowCounters> shadow_counters() override;
	Result<datapath::Interface> attach(const std::string& name, std::optional<datapath::AttachMode> only) override;
	Result<void> detach(const std::string& name) override;
	Result<std::vector<datapath::Interface>> interfaces() override;
	Result<void> ban(const datapath::Ban& ban) override;
	Result<void> unban(const net::Prefix& prefix) override;
	Result<std::vector<datapath::Ban>> bans() override;
	Result<void> put_identity(const datapath::Identity& identity) override;
	Result<void> put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns) override;
	Result<void> drop_lease(const datapath::Binding& binding) override;
	Result<void> revoke(std::uint32_t slot) override;
	Result<std::optional<datapath::Identity>> identity(std::uint32_t slot) override;
	Result<datapath::Leases> leases() override;
	Result<void> overlay(const datapath::OverlayEntry& entry) override;
	Result<void> forget(const net::Prefix& prefix) override;
	Result<std::vector<datapath::OverlayEntry>> overlay_entries() override;
	Result<datapath::Explanation> explain(std::span<const std::byte> frame) override;
	Result<datapath::Counters> counters() override;
	Result<datapath::MemoryUse> memory() override;
	Result<datapath::Answering> answering() override;
	int events_fd() override;
	Result<void> drain_events(const std::function<void(const sluice_event&)>& take) override;
	std::uint64_t now_mono_ns() override;
	std::uint64_t now_boot_ns() override;

	// Sets of the bucket table, a power of two; regions of an image lie below it.
	std::uint32_t bucket_sets() const;
	// What could not be adopted as it was, and what else people should know since the last call; one sentence each.
	// Empty where all is as it should be.
	std::vector<std::string> take_notes();
	// The program that judges packets, for run_packet(); -1 before the first install.
	int program_fd() const;

private:
	struct State;
	explicit KernelDatapath(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

}  // namespace sluice::kernel
