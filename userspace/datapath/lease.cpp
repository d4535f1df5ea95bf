#include "datapath/lease.h"

#include <algorithm>
#include <cstring>

#include "net/endpoint.h"
#include "policy/digest.h"

namespace sluice::datapath {
namespace {

// Cut off before the first byte of a character that does not fit.
template <std::size_t kSize>
void put(char (&to)[kSize], const std::string& text)
{
	std::size_t size = std::min(text.size(), kSize - 1);
	while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
		size--;
	std::memcpy(to, text.data(), size);
}

template <std::size_t kSize>
std::string text_of(const char (&from)[kSize])
{
	return std::string(from, ::strnlen(from, kSize));
}

std::string with_port(const net::Address& address, std::uint16_t port)
{
	return (address.is_ipv4() ? address.to_string() : "[" + address.to_string() + "]") + ":" + std::to_string(port);
}

}  // namespace

Result<std::array<std::uint8_t, 32>> digest_of(const std::string& authority, const std::string& name)
{
	return policy::sha256(authority + '\0' + name);
}

std::string to_string(const Binding& binding)
{
	if (const auto* prefix = std::get_if<net::Prefix>(&binding))
		return prefix->to_string();
	const Flow& flow = std::get<Flow>(binding);
	return with_port(flow.source, flow.source_port) + " > " + with_port(flow.destination, flow.destination_port) + " " +
	       flow.protocol.to_string();
}

sluice_binding_key to_abi(const Binding& binding)
{
	sluice_binding_key key{};
	if (const auto* prefix = std::get_if<net::Prefix>(&binding)) {
		key.source = prefix->address().to_abi();
		key.length = static_cast<std::uint8_t>(prefix->mapped_length());
		return key;
	}
	const Flow& flow = std::get<Flow>(binding);
	key.source = flow.source.to_abi();
	key.destination = flow.destination.to_abi();
	key.source_port = flow.source_port;
	key.destination_port = flow.destination_port;
	key.protocol = flow.protocol.number;
	key.length = SLUICE_BINDING_FLOW;
	return key;
}

Binding from_abi(const sluice_binding_key& key)
{
	const net::Address source = net::Address::from_abi(key.source);
	if (key.length == SLUICE_BINDING_FLOW)
		return Flow{source, net::Address::from_abi(key.destination), key.source_port, key.destination_port,
			    net::Protocol{key.protocol}};
	const bool ipv4 = source.is_ipv4() && key.length >= SLUICE_IPV4_PREFIX_BITS;
	const unsigned length = ipv4 ? key.length - SLUICE_IPV4_PREFIX_BITS : key.length;
	return net::Prefix::of(source, std::min(length, source.bits()));
}

sluice_identity_name name_to_abi(const Identity& identity)
{
	sluice_identity_name name{};
	std::copy(identity.digest.begin(), identity.digest.end(), name.digest);
	put(name.name, identity.name);
	put(name.authority, identity.authority);
	return name;
}

Identity from_abi(std::uint32_t slot, const sluice_identity& value, const sluice_identity_name& name)
{
	Identity identity{slot, text_of(name.name), text_of(name.authority), {}, value.roles, value.expires_boot_ns, value.generation,
			  value.blocked != 0};
	std::copy(std::begin(name.digest), std::end(name.digest), identity.digest.begin());
	return identity;
}

bool is_free(const sluice_identity_name& name)
{
	return std::all_of(std::begin(name.digest), std::end(name.digest), [](std::uint8_t byte) { return byte == 0; });
}

sluice_identity next_of(const sluice_identity& before, const sluice_identity_name& owner, const Identity& identity)
{
	const bool goes_on = std::equal(identity.digest.begin(), identity.digest.end(), owner.digest);
	return {identity.expires_boot_ns, identity.roles, goes_on ? before.generation : before.generation + 1,
		identity.blocked ? 1u : 0u};
}

}  // namespace sluice::datapath
