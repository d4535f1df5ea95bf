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

template <typename Key>
struct Entry {
	Key key{};
	std::uint32_t line = 0;
	std::uint16_t file = 0;
	std::uint8_t length = 0;

	bool is_same_prefix(const Entry& other) const { return length == other.length && key == other.key; }
	// Longer ones first, those by address; what comes earlier in the policy stays before the rest.
	bool operator<(const Entry& other) const { return length != other.length ? length > other.length : key < other.key; }
};

template <typename Key>
std::vector<Entry<Key>> entries_of(const Policy& policy, unsigned family)
{
	std::vector<Entry<Key>> entries;
	for (const Source& source : policy.sources) {
		for (const ListedPrefix& listed : source.prefixes) {
			if (listed.prefix.family() == family)
				entries.push_back({key_of<Key>(listed.prefix.address()), listed.line, listed.file,
						   static_cast<std::uint8_t>(listed.prefix.length())});
		}
	}
	std::stable_sort(entries.begin(), entries.end());
	const auto same = [](const Entry<Key>& a, const Entry<Key>& b) { return a.is_same_prefix(b); };
	entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
	return entries;
}

}  // namespace

template <typename Key>
void Provenance::Table<Key>::fill(const Policy& policy, unsigned family)
{
	const auto entries = entries_of<Key>(policy, family);
	keys.reserve(entries.size());
	lines.reserve(entries.size());
	files.reserve(entries.size());
	for (const auto& entry : entries) {
		if (groups.empty() || groups.back().length != entry.length)
			groups.push_back({entry.length, keys.size(), keys.size()});
		keys.push_back(entry.key);
		lines.push_back(entry.line);
		files.push_back(entry.file);
		groups.back().end = keys.size();
	}
}

template <typename Key>
std::optional<Provenance::Listing> Provenance::Table<Key>::find(const net::Address& address,
								const std::vector<std::string>& names) const
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
		return Listing{prefix, files[index] < names.size() ? names[files[index]] : "", lines[index]};
	}
	return std::nullopt;
}

template <typename Key>
std::size_t Provenance::Table<Key>::bytes() const
{
	return groups.capacity() * sizeof(Group) + keys.capacity() * sizeof(Key) + lines.capacity() * sizeof(std::uint32_t) +
	       files.capacity() * sizeof(std::uint16_t);
}

Provenance::Provenance(const Policy& policy) : files_(policy.files)
{
	for (const Failsafe& entry : policy.failsafe)
		failsafe_.push_back({files_.empty() ? entry.place.file : files_.front(), entry.place.line, entry.place.column});
	ipv4_.fill(policy, SLUICE_IPV4);
	ipv6_.fill(policy, SLUICE_IPV6);
}

std::optional<Provenance::Listing> Provenance::find(const net::Address& address) const
{
	return address.is_ipv4() ? ipv4_.find(address, files_) : ipv6_.find(address, files_);
}

std::optional<Place> Provenance::failsafe(std::size_t entry) const
{
	return entry < failsafe_.size() ? std::optional(failsafe_[entry]) : std::nullopt;
}

std::size_t Provenance::bytes() const
{
	return ipv4_.bytes() + ipv6_.bytes();
}

}  // namespace sluice::policy
