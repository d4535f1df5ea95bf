// The reference of the range images: every prefix is asked, the longest that holds the address wins. Shares no
// code with what it judges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "net/address.h"
#include "net/prefix.h"
#include "policy/ranges.h"

namespace sluice::test {

using Number = unsigned __int128;  // an address as a number, IPv4 in the lowest 32 bits

inline Number all_ones(unsigned bits)
{
	return bits == 128 ? ~Number{0} : (Number{1} << bits) - 1;
}

inline net::Address address_of(unsigned bits, Number number)
{
	std::array<std::uint8_t, 16> bytes{};
	for (std::size_t i = 0; i < bits / 8; i++)
		bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
	if (bits == 32)
		bytes[10] = bytes[11] = 0xff;
	return net::Address::from_bytes(bytes);
}

struct NumberedPrefix {
	Number first;
	Number last;
	unsigned length;
	std::uint16_t value;
};

class Reference {
public:
	explicit Reference(unsigned bits) : bits_(bits) {}

	void add(Number number, unsigned length, std::uint16_t value)
	{
		const Number host = all_ones(bits_ - length);
		const Number first = number & all_ones(bits_) & ~host;
		prefixes_.push_back({first, first | host, length, value});
	}

	std::uint16_t find(Number number) const
	{
		const NumberedPrefix* best = nullptr;
		for (const NumberedPrefix& prefix : prefixes_)
			if (prefix.first <= number && number <= prefix.last && (!best || prefix.length >= best->length))
				best = &prefix;
		return best ? best->value : std::uint16_t{0};
	}

	std::vector<policy::RangeEntry> entries() const
	{
		std::vector<policy::RangeEntry> entries;
		for (const NumberedPrefix& prefix : prefixes_)
			entries.push_back({net::Prefix::of(address_of(bits_, prefix.first), prefix.length), prefix.value});
		return entries;
	}

	policy::RangeImage image() const
	{
		return bits_ == 32 ? policy::build_ranges_ipv4(entries()) : policy::build_ranges_ipv6(entries());
	}

	std::uint32_t find_in(const policy::RangeImage& image, Number number) const
	{
		if (bits_ == 32)
			return policy::find_ipv4(image, static_cast<std::uint32_t>(number));
		return policy::find_ipv6(image, static_cast<std::uint64_t>(number >> 64), static_cast<std::uint64_t>(number));
	}

	const std::vector<NumberedPrefix>& prefixes() const { return prefixes_; }
	unsigned bits() const { return bits_; }

private:
	unsigned bits_;
	std::vector<NumberedPrefix> prefixes_;
};

}  // namespace sluice::test
