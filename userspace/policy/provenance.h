// Provenance: which line of which file lists an address. A compact index of a policy's sources and failsafe entries, that
// outlives the policy it was made from.
//
// 10 bytes a listed IPv4 prefix, 22 an IPv6 one; never changed once made.
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
#include "policy/model.h"

namespace sluice::policy {

class Provenance {
public:
	explicit Provenance(const Policy& policy);

	struct Listing {
		net::Prefix prefix;
		std::string file;  // absolute
		std::uint32_t line = 0;
	};
	// The longest prefix of any list that holds the address: the one that decides. Of the same prefix twice the first.
	std::optional<Listing> find(const net::Address& address) const;
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

		void fill(const Policy& policy, unsigned family);
		std::optional<Listing> find(const net::Address& address, const std::vector<std::string>& names) const;
		std::size_t bytes() const;
	};
	using Ipv6Key = std::array<std::uint8_t, 16>;

	std::vector<std::string> files_;
	std::vector<Place> failsafe_;
	Table<std::uint32_t> ipv4_;
	Table<Ipv6Key> ipv6_;
};

}  // namespace sluice::policy
