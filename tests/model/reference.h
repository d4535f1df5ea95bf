// Reference: what Sluice promises, written from the documentation by brute force: no ring 1, no compiled tables.
//
// It judges raw bytes by a parsed policy, one linear search after the other, and counts limits exactly, in
// rational arithmetic. Its clock is an argument. Slow and obvious; the program in the kernel has to agree with it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "datapath/lease.h"
#include "model/frame_reader.h"
#include "net/prefix.h"
#include "policy/model.h"
#include "support/judgement.h"

namespace sluice::test {

// An identity that has a lease.
struct Holder {
	std::string name;
	std::set<std::string> roles;  // those that the policy names
};

class Reference {
public:
	explicit Reference(policy::Policy policy) : policy_(std::move(policy)) {}

	// Another policy. Levels and bans stay: nobody is refilled. Limits that both have must keep their period.
	void install(policy::Policy policy) { policy_ = std::move(policy); }
	// Stands until expires_mono_ns; none: until lifted.
	void ban(const net::Prefix& prefix, std::optional<std::uint64_t> expires_mono_ns);
	void unban(const net::Prefix& prefix);
	// Said beside the lists, until it is forgotten.
	void overlay(const net::Prefix& prefix, policy::Action action) { overlay_[prefix] = action; }
	void forget(const net::Prefix& prefix) { overlay_.erase(prefix); }
	// The binding is the holder's until it is revoked, or a new connection has the flow's ports.
	void lease(const datapath::Binding& binding, const Holder& holder) { leases_[binding] = holder; }
	void revoke(const std::string& name);

	// Judges and charges. Times never run backwards.
	Judgement judge(Frame frame, std::uint64_t now_mono_ns);

private:
	enum Dimension { kPackets, kBits, kConnections };
	struct Found {
		const policy::Source* list = nullptr;
		const policy::Service* service = nullptr;
		std::optional<Holder> holder;
		bool banned = false;
	};
	// One meter that a packet has to pass.
	struct Toll {
		std::string limit;
		std::string scope;  // "service", "source", "prefix", "list", "identity"
		Dimension dimension = kPackets;
		sluice_algorithm algorithm = SLUICE_TOKEN_BUCKET;
		policy::Meter meter;
		net::Prefix key;
		std::string holder;  // of the scope "identity" only
		std::uint64_t amount = 0;
	};
	// What a key was charged; each algorithm knows its own. Levels are in what is counted times the period in nanoseconds, so
	// that they are whole numbers.
	struct Level {
		unsigned __int128 level = 0;
		std::uint64_t at_mono_ns = 0;
		std::uint64_t window = 0;  // counted from boot
		std::uint64_t count = 0;   // in that window
		std::vector<std::uint64_t> charges_mono_ns;
	};
	using Key = std::tuple<std::string, Dimension, net::Prefix, std::string>;
	static Key key_of(const Toll& toll) { return {toll.limit, toll.dimension, toll.key, toll.holder}; }

	Found find(const FrameReading& reading, std::uint64_t now_mono_ns);
	std::optional<Holder> holder_of(const FrameReading& reading, const policy::Service* service);
	// Of the lists and the overlay; the overlay is a list for each action, named "overlay".
	const policy::Source* longest_list(const net::Address& source) const;
	const policy::Service* service_of(const FrameReading& reading) const;
	std::optional<std::size_t> failsafe_of(const FrameReading& reading) const;
	bool is_banned(const net::Address& source, std::uint64_t now_mono_ns) const;
	Judgement decide(const FrameReading& reading, const Found& found) const;
	std::vector<Toll> tolls(const FrameReading& reading, const Found& found, std::uint64_t bytes) const;
	std::optional<Toll> refused(const std::vector<Toll>& tolls, std::uint64_t now_mono_ns);
	unsigned __int128 level_at(const Toll& toll, std::uint64_t now_mono_ns) const;
	std::uint64_t counted_at(const Toll& toll, std::uint64_t now_mono_ns) const;
	bool fits(const Toll& toll, std::uint64_t now_mono_ns) const;
	void charge(const Toll& toll, std::uint64_t now_mono_ns);

	policy::Policy policy_;
	std::map<net::Prefix, std::optional<std::uint64_t>> bans_;
	std::map<net::Prefix, policy::Action> overlay_;
	std::map<datapath::Binding, Holder> leases_;
	std::map<Key, Level> levels_;
};

}  // namespace sluice::test
