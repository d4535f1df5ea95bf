// AddressKey: an address as one number, left-aligned: IPv4 in the topmost 32 bits, as range images have it. What sweeps over
// the address space count with.
#pragma once

#include "net/address.h"

namespace sluice::policy {

using AddressKey = unsigned __int128;

// The distance from one address of a family to the next.
constexpr AddressKey key_step(unsigned family)
{
	return family == SLUICE_IPV4 ? AddressKey{1} << SLUICE_IPV4_PREFIX_BITS : 1;
}

// The key of the highest address of a family.
constexpr AddressKey last_key(unsigned family)
{
	return ~AddressKey{0} - (key_step(family) - 1);
}

AddressKey key_of(const net::Address& address);
// Of a whole number of steps.
net::Address address_of(AddressKey key, unsigned family);

}  // namespace sluice::policy
