#include "policy/extent.h"

#include <algorithm>
#include <utility>

#include "net/prefix.h"

namespace sluice::policy {
namespace {

constexpr const char* kAllOfIpv6 = "340282366920938463463374607431768211456";  // 2^128

// Steps between the first and the last address.
AddressKey steps_of(AddressKey first, AddressKey last, unsigned family)
{
	return family == SLUICE_IPV4 ? (last - first) >> SLUICE_IPV4_PREFIX_BITS : last - first;
}

// The largest prefix that begins at `first` and ends at or before `last`: its length.
unsigned length_of(AddressKey first, AddressKey last, unsigned family)
{
	const unsigned bits = family == SLUICE_IPV4 ? 32 : 128;
	unsigned length = bits;
	while (length > 0) {
		const AddressKey host = length == 1 ? ~AddressKey{0} : ~AddressKey{0} >> (length - 1);
		const AddressKey end = (first | host) & last_key(family);
		if ((first & host) != 0 || end > last)
			break;
		length--;
	}
	return length;
}

std::string text_of(AddressKey first, unsigned length, unsigned family)
{
	const net::Address address = address_of(first, family);
	// ::ffff:0:0/96 and what is in it would print as IPv4; no packet comes from there.
	const unsigned in_front = family == SLUICE_IPV6 && address.is_ipv4() ? std::min(length, unsigned{SLUICE_IPV4_PREFIX_BITS}) : 0;
	return net::Prefix::of(address, length - in_front).to_string();
}

}  // namespace

void AddressCount::add(AddressKey addresses_less_one)
{
	const AddressKey before = low_;
	low_ += addresses_less_one;
	carry_ = carry_ || low_ < before;
	low_ += 1;
	carry_ = carry_ || low_ == 0;
}

std::string AddressCount::to_string() const
{
	if (carry_)
		return kAllOfIpv6;
	std::string digits;
	AddressKey left = low_;
	do {
		digits += static_cast<char>('0' + static_cast<int>(left % 10));
		left /= 10;
	} while (left != 0);
	std::reverse(digits.begin(), digits.end());
	return digits;
}

std::string AddressCount::words() const
{
	constexpr std::size_t kMostDigits = 12;
	const std::string digits = to_string();
	if (digits.size() <= kMostDigits)
		return digits;
	if (carry_ || (low_ & (low_ - 1)) == 0) {
		unsigned power = 0;
		while (power < 128 && (carry_ || (low_ >> power) != 1))
			power++;
		return "2^" + std::to_string(power);
	}
	return "about " + digits.substr(0, 1) + "." + digits.substr(1, 2) + "e" + std::to_string(digits.size() - 1);
}

std::optional<AddressCount> AddressCount::parse(std::string_view text)
{
	AddressCount count;
	if (text == kAllOfIpv6) {
		count.carry_ = true;
		return count;
	}
	for (const char c : text) {
		const AddressKey digit = static_cast<AddressKey>(c - '0');
		if (c < '0' || c > '9' || count.low_ > (~AddressKey{0} - digit) / 10)
			return std::nullopt;
		count.low_ = count.low_ * 10 + digit;
	}
	return text == count.to_string() ? std::optional(count) : std::nullopt;
}

void ExtentBuilder::add(AddressKey first, AddressKey last, unsigned family)
{
	if (open_ && family == family_ && first - key_step(family) == last_) {
		last_ = last;
		return;
	}
	close();
	first_ = first;
	last_ = last;
	family_ = family;
	open_ = true;
}

void ExtentBuilder::close()
{
	if (!open_)
		return;
	open_ = false;
	(family_ == SLUICE_IPV4 ? extent_.ipv4 : extent_.ipv6).add(steps_of(first_, last_, family_));
	for (AddressKey at = first_;;) {
		const unsigned length = length_of(at, last_, family_);
		if (extent_.first.size() < kNamedPrefixes)
			extent_.first.push_back(text_of(at, length, family_));
		extent_.prefixes++;
		const AddressKey host = length == 0 ? ~AddressKey{0} : length == 128 ? 0 : ~AddressKey{0} >> length;
		const AddressKey end = (at | host) & last_key(family_);
		if (end >= last_)
			break;
		at = end + key_step(family_);
	}
}

Extent ExtentBuilder::take()
{
	close();
	return std::exchange(extent_, Extent{});
}

}  // namespace sluice::policy
