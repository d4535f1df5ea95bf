#include "net/prefix.h"

#include <algorithm>

#include "net/digits.h"

namespace sluice::net {
namespace {

Error wrong_length(std::string_view text, unsigned bits)
{
	const std::string most = std::to_string(bits);
	return Error(ErrorCode::kInvalid, quoted(text) + " has no prefix length from 0 to " + most,
		     "write ADDRESS/LENGTH, or the address alone for a single host");
}

}  // namespace

Result<Prefix> Prefix::parse(std::string_view text)
{
	const std::size_t slash = text.find('/');
	const std::string_view host = text.substr(0, slash);
	auto address = Address::parse(host);
	if (!address)
		return Error(ErrorCode::kInvalid, quoted(text) + " is not an address or a prefix");
	if (slash == std::string_view::npos)
		return Prefix(*address, address->bits());

	// An IPv4 address may be written in its mapped form; its length then counts the 96 bits in front.
	const bool colon = host.find(':') != std::string_view::npos;
	const unsigned written_bits = colon ? 128 : 32;
	std::string_view digits = text.substr(slash + 1);
	const auto length = take_digits(digits, written_bits);
	if (!length || !digits.empty())
		return wrong_length(text, written_bits);
	const unsigned in_front = written_bits - address->bits();
	if (*length < in_front)
		return Error(ErrorCode::kInvalid, quoted(text) + " reaches beyond the IPv4-mapped addresses",
			     "write IPv4 prefixes as IPv4");
	const Prefix prefix = of(*address, static_cast<unsigned>(*length) - in_front);
	if (prefix.address() != *address)
		return Error(ErrorCode::kInvalid, quoted(text) + " has host bits set",
			     "write " + prefix.to_string() + " for the network, " + address->to_string() + " for the host");
	return prefix;
}

Prefix Prefix::of(const Address& address, unsigned length)
{
	std::array<std::uint8_t, 16> bytes = address.bytes();
	const unsigned kept = 128 - address.bits() + length;
	for (unsigned i = 0; i < bytes.size(); i++) {
		const unsigned first = i * 8;
		if (first >= kept)
			bytes[i] = 0;
		else if (first + 8 > kept)
			bytes[i] &= static_cast<std::uint8_t>(0xff00u >> (kept - first));
	}
	return Prefix(Address::from_bytes(bytes), length);
}

unsigned Prefix::mapped_length() const
{
	return 128 - address_.bits() + length_;
}

bool Prefix::contains(const Address& address) const
{
	if (address.family() != family())
		return false;
	const unsigned kept = mapped_length();
	const auto& a = address.bytes();
	const auto& b = address_.bytes();
	const auto whole = static_cast<std::ptrdiff_t>(kept / 8);
	if (!std::equal(a.begin(), a.begin() + whole, b.begin()))
		return false;
	return kept % 8 == 0 || ((a[kept / 8] ^ b[kept / 8]) >> (8 - kept % 8)) == 0;
}

bool Prefix::contains(const Prefix& other) const
{
	return other.length_ >= length_ && contains(other.address_);
}

std::string Prefix::to_string() const
{
	return is_host() ? address_.to_string() : address_.to_string() + "/" + std::to_string(length_);
}

}  // namespace sluice::net
