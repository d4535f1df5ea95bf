// Extent: how much of the address space something concerns: addresses counted exactly, as prefixes, the first of them named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address_key.h"

namespace sluice::policy {

// Of one family. Exact also for all of IPv6, which is one more than the number type holds.
class AddressCount {
public:
	void add(AddressKey addresses_less_one);
	bool is_zero() const { return low_ == 0 && !carry_; }
	std::string to_string() const;  // decimal
	// "256", "2^64", "about 3.96e28": as a person would say it.
	std::string words() const;
	// What to_string() gives. None for anything else.
	static std::optional<AddressCount> parse(std::string_view text);

	bool operator==(const AddressCount&) const = default;

private:
	AddressKey low_ = 0;
	bool carry_ = false;
};

struct Extent {
	AddressCount ipv4;
	AddressCount ipv6;
	std::uint64_t prefixes = 0;        // the fewest that cover exactly these addresses
	std::vector<std::string> first;    // of the prefixes, IPv4 before IPv6, at most kNamedPrefixes

	bool empty() const { return prefixes == 0; }
	bool operator==(const Extent&) const = default;
};

inline constexpr std::size_t kNamedPrefixes = 5;

// Adds ranges up to an extent.
class ExtentBuilder {
public:
	// Ranges of a family ascend and do not overlap; those that touch are one. IPv4 comes first.
	void add(AddressKey first, AddressKey last, unsigned family);
	Extent take();

private:
	void close();

	Extent extent_;
	AddressKey first_ = 0;
	AddressKey last_ = 0;
	unsigned family_ = SLUICE_IPV4;
	bool open_ = false;
};

}  // namespace sluice::policy
