// Provenance: which line of which file lists an address. A compact index of a policy's sources and failsafe entries, that
// outlives the policy it was made from.
//
// 10 bytes a listed IPv4 prefix, 22 an IPv6 one, 4 more and the comments where there are any; never changed once made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"
#include "net/prefix.h"
#include "policy/diagnostic.h"
#include "policy/listing.h"
#include "policy/model.h"

namespace sluice::policy {

class Provenance {
public:
	// `listing` is the policy's own.
	Provenance(const Policy& policy, const Listing& listing);
	explicit Provenance(const Policy& policy) : Provenance(policy, listing_of(policy)) {}

	struct Origin {
		net::Prefix prefix;
		std::string file;  // absolute
		std::uint32_t line = 0;
		std::string comment;  // that stands behind it
	};
	// The longest prefix of any list that holds the address: the one that decides. Of the same prefix twice the first.
	std::optional<Origin> find(const net::Address& address) const;
	// Where a failsafe entry was written, by its position.
	std::optional<Place> failsafe(std::size_t entry) const;

	std::size_t bytes() const;

private:
	// The prefixes of one length, sorted by address.
	struct Group {
		unsigned length = 0;
		std::size_t first = 0;
		std::size_t end = 0;
	};
	// One family; columns rather than rows, so that nothing is padded.
	template <typename Key>
	struct Table {
		std::vector<Group> groups;  // the longest first
		std::vector<Key> keys;
		std::vector<std::uint32_t> lines;
		std::vector<std::uint16_t> files;
		std::vector<std::uint32_t> comments;  // empty where there are none

		void fill(const Listing& listing, unsigned family, bool commented);
		std::optional<Origin> find(const net::Address& address, const Provenance& all) const;
		std::size_t bytes() const;
	};
	using Ipv6Key = std::array<std::uint8_t, 16>;

	std::vector<std::string> files_;
	std::string comments_;
	std::vector<Place> failsafe_;
	Table<std::uint32_t> ipv4_;
	Table<Ipv6Key> ipv6_;
};

}  // namespace sluice::policy
