#include "policy/provenance.h"

#include <algorithm>

namespace sluice::policy {
namespace {

template <typename Key>
Key key_of(const net::Address& address)
{
	const auto& bytes = address.bytes();
	if constexpr (std::is_same_v<Key, std::uint32_t>)
		return std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 | std::uint32_t{bytes[14]} << 8 | bytes[15];
	else
		return bytes;
}

constexpr std::size_t kLengths = 129;

// Calls `take` for every prefix of a family, the first where it was written more than once.
template <typename Take>
void each_prefix(const Listing& listing, unsigned family, Take take)
{
	const Listed* last = nullptr;
	for (const Listed& listed : listing) {
		if (listed.prefix.family() == family && (last == nullptr || last->prefix != listed.prefix))
			take(listed);
		last = &listed;
	}
}

}  // namespace

// The longest prefixes first, those of one length by address, as the listing has them.
template <typename Key>
void Provenance::Table<Key>::fill(const Listing& listing, unsigned family, bool commented)
{
	std::array<std::size_t, kLengths> count{};
	each_prefix(listing, family, [&count](const Listed& listed) { count[listed.prefix.length()]++; });
	std::array<std::size_t, kLengths> next{};
	std::size_t all = 0;
	for (std::size_t length = kLengths; length-- > 0;) {
		next[length] = all;
		all += count[length];
		if (count[length] > 0)
			groups.push_back({static_cast<unsigned>(length), next[length], all});
	}
	keys.resize(all);
	lines.resize(all);
	files.resize(all);
	comments.resize(commented ? all : 0);
	each_prefix(listing, family, [&](const Listed& listed) {
		const std::size_t at = next[listed.prefix.length()]++;
		keys[at] = key_of<Key>(listed.prefix.address());
		lines[at] = listed.line;
		files[at] = listed.file;
		if (commented)
			comments[at] = listed.comment;
	});
}

template <typename Key>
std::optional<Provenance::Origin> Provenance::Table<Key>::find(const net::Address& address, const Provenance& all) const
{
	for (const Group& group : groups) {
		const net::Prefix prefix = net::Prefix::of(address, group.length);
		const Key key = key_of<Key>(prefix.address());
		const auto first = keys.begin() + static_cast<std::ptrdiff_t>(group.first);
		const auto end = keys.begin() + static_cast<std::ptrdiff_t>(group.end);
		const auto at = std::lower_bound(first, end, key);
		if (at == end || *at != key)
			continue;
		const auto index = static_cast<std::size_t>(at - keys.begin());
		const std::size_t comment = comments.empty() ? 0 : comments[index];
		return Origin{prefix, files[index] < all.files_.size() ? all.files_[files[index]] : "", lines[index],
			      comment < all.comments_.size() ? all.comments_.c_str() + comment : ""};
	}
	return std::nullopt;
}

template <typename Key>
std::size_t Provenance::Table<Key>::bytes() const
{
	return groups.capacity() * sizeof(Group) + keys.capacity() * sizeof(Key) + lines.capacity() * sizeof(std::uint32_t) +
	       files.capacity() * sizeof(std::uint16_t) + comments.capacity() * sizeof(std::uint32_t);
}

Provenance::Provenance(const Policy& policy, const Listing& listing) : files_(policy.files), comments_(policy.comments)
{
	for (const Failsafe& entry : policy.failsafe)
		failsafe_.push_back({files_.empty() ? entry.place.file : files_.front(), entry.place.line, entry.place.column});
	ipv4_.fill(listing, SLUICE_IPV4, !comments_.empty());
	ipv6_.fill(listing, SLUICE_IPV6, !comments_.empty());
}

std::optional<Provenance::Origin> Provenance::find(const net::Address& address) const
{
	return address.is_ipv4() ? ipv4_.find(address, *this) : ipv6_.find(address, *this);
}

std::optional<Place> Provenance::failsafe(std::size_t entry) const
{
	return entry < failsafe_.size() ? std::optional(failsafe_[entry]) : std::nullopt;
}

std::size_t Provenance::bytes() const
{
	return ipv4_.bytes() + ipv6_.bytes() + comments_.capacity();
}

}  // namespace sluice::policy
