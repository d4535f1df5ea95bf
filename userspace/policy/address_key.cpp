#include "policy/address_key.h"

namespace sluice::policy {

AddressKey key_of(const net::Address& address)
{
	const std::size_t skip = address.is_ipv4() ? SLUICE_IPV4_PREFIX_BITS / 8 : 0;
	AddressKey key = 0;
	for (std::size_t i = skip; i < address.bytes().size(); i++)
		key |= static_cast<AddressKey>(address.bytes()[i]) << (120 - 8 * (i - skip));
	return key;
}

net::Address address_of(AddressKey key, unsigned family)
{
	const std::size_t skip = family == SLUICE_IPV4 ? SLUICE_IPV4_PREFIX_BITS / 8 : 0;
	std::array<std::uint8_t, 16> bytes{};
	if (family == SLUICE_IPV4)
		bytes[10] = bytes[11] = 0xff;
	for (std::size_t i = skip; i < bytes.size(); i++)
		bytes[i] = static_cast<std::uint8_t>(key >> (120 - 8 * (i - skip)));
	return net::Address::from_bytes(bytes);
}

}  // namespace sluice::policy
