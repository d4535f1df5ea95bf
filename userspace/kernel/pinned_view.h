// PinnedView: what the pins say, read-only, with or without a daemon.
//
// Opens the pins of the running generation and of the state that outlives it. Changes nothing: it writes no map,
// removes no expired ban, and makes no directory. Error kNotFound when nothing is pinned there, kUnsupported when the
// pins are of another ABI version.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "datapath/datapath.h"
#include "policy/image.h"
#include "sluice/abi/limit.h"

namespace sluice::kernel {

// The lists of the running policy: what core/ranges.h needs to find a source's class, and the classes.
struct SourceTable {
	policy::RangeImage ipv4;
	policy::RangeImage ipv6;
	std::vector<sluice_class> classes;
};

// A pinned link and what the kernel says of it.
struct PinnedLink {
	std::string interface;
	std::uint32_t interface_index = 0;  // 0: the interface is gone
	std::uint32_t program_id = 0;
	std::uint32_t generation = 0;       // 0: a program that no pin knows
};

// A candidate that is judged beside the running generation.
struct PinnedShadow {
	datapath::Running candidate;
	datapath::ShadowCounters counters;
};

class PinnedView {
public:
	static Result<PinnedView> open(const std::string& pins);
	PinnedView(PinnedView&&) noexcept;
	PinnedView& operator=(PinnedView&&) noexcept;
	~PinnedView();

	// The running generation's meta, constants, names and limits.
	const datapath::Running& running() const;
	Result<datapath::Counters> counters() const;
	// None: no candidate is shadowed.
	Result<std::optional<PinnedShadow>> shadow() const;
	// Those that stand at `now_mono_ns`.
	Result<std::vector<datapath::Ban>> bans(std::uint64_t now_mono_ns) const;
	Result<std::vector<datapath::OverlayEntry>> overlay(std::uint64_t now_mono_ns) const;
	// Identities, and the leases in force at `now_boot_ns`.
	Result<datapath::Leases> leases(std::uint64_t now_boot_ns) const;
	// The whole bucket table as it is at this moment, mapped read-only: valid as long as this view. The kernel writes it
	// meanwhile; each way is one aligned word.
	Result<std::span<const sluice_bucket_set>> buckets() const;
	Result<SourceTable> sources() const;
	Result<std::vector<PinnedLink>> links() const;

private:
	struct State;
	explicit PinnedView(std::unique_ptr<State> state);
	std::unique_ptr<State> state_;
};

}  // namespace sluice::kernel
