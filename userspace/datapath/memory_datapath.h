// MemoryDatapath: the Datapath without a kernel, for tests of what stands on it. The same semantics, and the same room
// for bans, but it judges no packet: tests say what was counted and reported.
//
// It can be told to fail: the failed call changes nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "datapath/datapath.h"

namespace sluice::datapath {

class MemoryDatapath final : public Datapath {
public:
	// `clock` outlives the object.
	explicit MemoryDatapath(const Clock& clock, std::uint32_t ban_capacity = 65536, std::uint32_t bucket_sets = 1u << 19);

	// Room for so many slots and leases from now on; what stands keeps standing.
	void set_lease_room(std::uint32_t identities, std::uint32_t leases)
	{
		identity_room_ = identities;
		lease_room_ = leases;
	}

	// The n-th call of Datapath from now on fails with `error`; 1 is the next one, 0 takes it back.
	void fail_at(std::uint64_t n, Error error = Error(ErrorCode::kFailed, "told to fail"));
	// An interface that the host has; attach finds no other.
	void add_interface(const std::string& name, bool has_native = true);
	void remove_interface(const std::string& name);
	void count(std::uint16_t service, std::uint8_t reason, sluice_counter more);
	// What the candidate says of packets; requires a shadow.
	void count_pair(std::uint16_t service, std::uint8_t running, std::uint8_t candidate, sluice_counter more);
	void count_rule(std::uint16_t rule, sluice_counter more);
	// Up to 16384 wait; what is more is lost, and counted.
	void report(const sluice_event& event);
	// What the next calls of explain find; their ban is the one that stands here.
	void answer(const sluice_explanation& found) { found_ = found; }
	// The frame that was explained last.
	const std::vector<std::byte>& explained() const { return explained_; }
	// The image that runs; requires one.
	const policy::Image& image() const { return *image_; }

	Result<policy::Heritage> heritage() override;
	Result<std::optional<Running>> running() override;
	using Datapath::install;
	Result<Running> install(policy::Image image, ShadowFate fate) override;
	Result<std::optional<Running>> previous() override;
	Result<Running> revert() override;
	Result<Running> shadow(policy::Image image) override;
	Result<void> end_shadow() override;
	Result<std::optional<Running>> candidate() override;
	Result<ShadowCounters> shadow_counters() override;
	Result<Interface> attach(const std::string& name, std::optional<AttachMode> only) override;
	Result<void> detach(const std::string& name) override;
	Result<std::vector<Interface>> interfaces() override;
	Result<void> ban(const Ban& ban) override;
	Result<void> unban(const net::Prefix& prefix) override;
	Result<std::vector<Ban>> bans() override;
	Result<void> put_identity(const Identity& identity) override;
	Result<void> put_lease(const Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns) override;
	Result<void> drop_lease(const Binding& binding) override;
	Result<void> revoke(std::uint32_t slot) override;
	Result<std::optional<Identity>> identity(std::uint32_t slot) override;
	Result<Leases> leases() override;
	Result<void> overlay(const OverlayEntry& entry) override;
	Result<void> forget(const net::Prefix& prefix) override;
	Result<std::vector<OverlayEntry>> overlay_entries() override;
	Result<Explanation> explain(std::span<const std::byte> frame) override;
	Result<Counters> counters() override;
	Result<MemoryUse> memory() override;
	// As answering_is() said.
	Result<Answering> answering() override;
	void answering_is(const Answering& answering) { answering_ = answering; }
	// Thread rule as everywhere; never fails.
	int events_fd() override { return wakeup_.get(); }
	Result<void> drain_events(const std::function<void(const sluice_event&)>& take) override;
	std::uint64_t now_mono_ns() override { return clock_->coarse_mono_ns(); }
	std::uint64_t now_boot_ns() override { return clock_->boot_ns(); }

private:
	Result<void> admit();
	static Running read(const policy::Image& image);
	void drop_expired();
	void drop_shadow();
	void strip_roles(std::uint64_t roles);
	bool in_force(const Lease& lease) const;
	Result<void> make_room(const net::Prefix& prefix, bool is_there);

	struct HostInterface {
		std::uint32_t index = 0;
		bool has_native = true;
	};

	const Clock* clock_;
	std::uint32_t ban_capacity_;
	std::uint32_t bucket_sets_;
	std::uint64_t fail_in_ = 0;
	Error failure_{ErrorCode::kFailed, "told to fail"};
	std::map<std::string, HostInterface> host_;
	std::uint32_t next_index_ = 2;
	std::map<std::string, AttachMode> attached_;
	std::optional<policy::Image> image_;
	std::optional<policy::Image> previous_;
	std::optional<policy::Image> candidate_;
	std::map<std::pair<std::uint8_t, std::uint8_t>, sluice_counter> pairs_;
	std::map<std::tuple<std::uint16_t, bool, bool>, sluice_counter> outcomes_;
	std::uint32_t last_generation_ = 0;
	std::map<net::Prefix, Ban> bans_;
	std::map<net::Prefix, OverlayEntry> overlay_;
	std::set<unsigned> ban_lengths_[SLUICE_FAMILIES];
	std::map<std::pair<std::uint16_t, std::uint8_t>, sluice_counter> counters_;
	std::map<std::uint16_t, sluice_counter> rule_counters_;
	std::uint32_t identity_room_ = 4096;
	std::uint32_t lease_room_ = 32768;
	std::map<std::uint32_t, Identity> identities_;
	std::map<Binding, Lease> leases_;
	sluice_explanation found_{};
	Answering answering_;
	std::vector<std::byte> explained_;
	std::deque<sluice_event> events_;
	std::uint64_t events_lost_ = 0;
	Fd wakeup_;
};

}  // namespace sluice::datapath
