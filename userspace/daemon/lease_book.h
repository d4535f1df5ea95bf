// LeaseBook: who has which slot, and what is leased to whom until when. What the kernel judges by is written through the
// datapath; this is what decides, before, whether it may be.
//
// A lease is no longer than its certificate, its token and the policy's longest; the wall clock says how long that is once,
// when it is granted, and never again. Renewal keeps the slot, and with it the level of every limit; an identity that comes
// back finds the slot that it had, unless somebody else needed it meanwhile. What is over its quota or finds no room is
// refused and takes nothing from those that are there. A grant costs the logarithm of what stands.
//
// The event loop's thread only. On error or refusal nothing has changed for anybody.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "datapath/datapath.h"
#include "identity/verify.h"

namespace sluice::daemon {

struct LeaseTerms {
	std::uint64_t longest_ns = 300ull * 1'000'000'000;
	std::uint64_t each_identity = 64;     // leases of one identity at once
	std::uint64_t each_authority = 1024;  // identities of one authority with leases at once
	std::vector<net::Prefix> unshared;    // where an address may be leased as a whole
};

struct Grant {
	std::uint32_t slot = 0;
	std::uint64_t length_ns = 0;
	bool renewed = false;
};

class LeaseBook {
public:
	// Both outlive the book.
	LeaseBook(datapath::Datapath& datapath, const Clock& clock) : datapath_(datapath), clock_(clock) {}

	// Takes over what stands in the kernel.
	Result<void> reconcile();
	void set_terms(LeaseTerms terms) { terms_ = std::move(terms); }

	// Refused: exhausted, identity-quota, authority-quota, address-shared, identity-revoked, certificate-expired, internal.
	identity::Checked<Grant> grant(const identity::Identity& identity, const datapath::Binding& binding);
	// Leases that are over make room; grant() does it, too.
	void forget_expired();

	// Every lease of the identity ends with the next packet, and it gets none until it is allowed again. How many ended: 0
	// where nobody of that name has a slot.
	Result<std::size_t> revoke(const std::string& name);
	// Every lease in whose latest proof one of these had a part (identity/subject.h: a certificate, the holder of a token) ends
	// with the next packet; its identity may get another. How many ended by each. Of leases that were taken over nobody knows
	// the proof: they run to their end. On error those that could be ended are.
	Result<std::vector<std::size_t>> end_proved_by(std::span<const std::string> subjects);
	// Whether that is nobody's name, but what the kernel kept of a longer one, as identities() gives it after a restart.
	bool is_cut_off(const std::string& name) const;
	// What revoke() did to the slots of that name is taken back. How many they are.
	Result<std::size_t> allow(const std::string& name);

	struct Use {
		std::size_t leases = 0;
		std::size_t identities = 0;  // that have one
		std::uint32_t lease_room = 0;
		std::uint32_t identity_room = 0;
	};
	Use use() const;
	struct Row {
		datapath::Identity identity;
		std::size_t leases = 0;
	};
	// Every identity that has a lease, or is revoked; by slot.
	std::vector<Row> identities() const;
	// The name of who has the slot; empty: nobody.
	std::string name_of(std::uint32_t slot) const;

private:
	using Digest = std::array<std::uint8_t, 32>;
	struct Holder {
		datapath::Identity identity;  // its slot is 0 while it was never anybody's
		std::uint32_t epoch = 0;      // grows when its leases end all at once
		std::size_t leases = 0;
		std::uint64_t idle_since = 0; // its place in idle_

		bool is_idle() const { return leases == 0 && !identity.blocked; }
	};
	// Of certificate and token, as much of a digest as tells them apart; 0: unknown, or there was none.
	using Proofs = std::array<std::uint64_t, 2>;
	struct Held {
		std::uint32_t slot = 0;
		std::uint32_t epoch = 0;  // of the holder
		std::uint64_t until = 0;  // CLOCK_BOOTTIME
		std::uint64_t queued = 0; // `until` of its entry in ends_
		Proofs proofs{};
	};
	struct End {
		std::uint64_t until = 0;
		datapath::Binding binding;
		bool operator>(const End& other) const { return until > other.until; }
	};

	identity::Checked<void> check_binding(const datapath::Binding& binding) const;
	identity::Checked<std::uint32_t> slot_for(const Digest& digest, const std::string& authority) const;
	identity::Checked<std::uint32_t> free_slot() const;
	bool stands(const Held& held) const { return holders_[held.slot].epoch == held.epoch; }
	Result<void> put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t until);
	static Proofs proofs_of(const identity::Identity& identity);
	void give_back(datapath::Identity next, bool is_its_own);
	void seat(const datapath::Identity& next);
	void name_slot(const datapath::Identity& before, const datapath::Identity& next);
	void write_down(const datapath::Identity& next, const datapath::Binding& binding, std::uint64_t until, const Proofs& proofs);
	void hold(Holder& holder);
	void release(Holder& holder, std::size_t leases);
	void rest(Holder& holder);
	void uncount(const std::string& authority);
	std::vector<std::uint32_t> slots_of(const std::string& name) const;

	datapath::Datapath& datapath_;
	const Clock& clock_;
	LeaseTerms terms_;
	std::size_t lease_room_ = 0;
	std::size_t standing_ = 0;
	std::vector<Holder> holders_{1};              // by slot; the first is nobody's
	std::map<Digest, std::uint32_t> slots_;       // of everybody who has, or had, one
	std::multimap<std::string, std::uint32_t> named_;  // the same, by the name that the slot has
	std::map<std::string, std::size_t> holding_;  // identities with leases, by authority
	std::map<std::uint64_t, std::uint32_t> idle_;  // slots that somebody had and nobody needs, the longest idle first
	std::uint64_t rests_ = 0;
	std::uint32_t untouched_ = 1;                 // no slot from here on was ever anybody's
	std::map<datapath::Binding, Held> leases_;    // some are over, and some of a former epoch
	std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

}  // namespace sluice::daemon
