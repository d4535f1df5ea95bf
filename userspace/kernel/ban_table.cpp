#include "kernel/ban_table.h"

#include <algorithm>
#include <cstring>

#include "sluice/abi/policy.h"
#include "sluice/core/addr.h"

namespace sluice::kernel {
namespace {

constexpr std::uint32_t kZero = 0;

sluice_ban_key key_of(const net::Prefix& prefix, sluice_ban_kind kind)
{
	return sluice_ban_key{prefix.address().to_abi(), static_cast<__u16>(prefix.mapped_length()), static_cast<__u16>(kind)};
}

net::Prefix prefix_of(const sluice_ban_key& key)
{
	const net::Address address = net::Address::from_abi(key.prefix);
	const bool ipv4 = address.is_ipv4() && key.length >= SLUICE_IPV4_PREFIX_BITS;
	const unsigned length = ipv4 ? key.length - SLUICE_IPV4_PREFIX_BITS : key.length;
	return net::Prefix::of(address, std::min(length, address.bits()));
}

sluice_ban value_of(const datapath::Ban& ban)
{
	sluice_ban value{};
	value.expires_mono_ns = ban.expires_mono_ns.value_or(SLUICE_BAN_FOREVER);
	value.created_unix_ns = ban.created_unix_ns;
	ban.why.copy(value.why, sizeof(value.why) - 1);
	return value;
}

sluice_ban value_of(const datapath::OverlayEntry& entry)
{
	sluice_ban value = value_of(datapath::Ban{entry.prefix, entry.expires_mono_ns, entry.created_unix_ns, entry.why});
	value.listed = entry.allows ? SLUICE_SOURCE_ALLOWED : SLUICE_SOURCE_DENIED;
	value.uid = entry.uid;
	return value;
}

std::optional<std::uint64_t> expiry_of(const sluice_ban& value)
{
	return value.expires_mono_ns != SLUICE_BAN_FOREVER ? std::optional<std::uint64_t>(value.expires_mono_ns) : std::nullopt;
}

std::string why_of(const sluice_ban& value)
{
	return std::string(value.why, ::strnlen(value.why, sizeof(value.why)));
}

datapath::Ban ban_of(const sluice_ban_key& key, const sluice_ban& value)
{
	return {prefix_of(key), expiry_of(value), value.created_unix_ns, why_of(value)};
}

datapath::OverlayEntry overlay_of(const sluice_ban_key& key, const sluice_ban& value)
{
	return {prefix_of(key), value.listed == SLUICE_SOURCE_ALLOWED, expiry_of(value), value.created_unix_ns, why_of(value), value.uid};
}

bool has_expired(const sluice_ban& ban, std::uint64_t now_mono_ns)
{
	return ban.expires_mono_ns <= now_mono_ns;
}

// False when there is no room for yet another length of that family.
bool append(sluice_ban_lengths& lengths, const sluice_ban_key& key)
{
	const net::Prefix prefix = prefix_of(key);
	const unsigned family = prefix.family();
	std::uint32_t& count = lengths.count[family];
	std::uint8_t* length = lengths.length[family];
	const auto* end = length + std::min(count, SLUICE_MAX_BAN_LENGTHS);
	const auto at = static_cast<std::size_t>(std::find<const std::uint8_t*>(length, end, static_cast<std::uint8_t>(key.length)) - length);
	if (at >= SLUICE_MAX_BAN_LENGTHS)
		return false;
	lengths.kinds[family][at] |= static_cast<__u8>(1u << key.kind);
	if (at < count)
		return true;
	const sluice_addr mask = sluice_addr_mask(key.length);
	lengths.mask[family][at] = sluice_addr_halves(&mask);
	length[at] = static_cast<std::uint8_t>(key.length);
	count++;
	return true;
}

template <typename Said>
void sort_by_prefix(std::vector<Said>& said)
{
	std::sort(said.begin(), said.end(), [](const Said& a, const Said& b) { return a.prefix < b.prefix; });
}

}  // namespace

Result<BanTable> BanTable::over(const Map& bans, const Map& lengths, BanSieve sieve)
{
	SLUICE_TRY_ASSIGN(const Bans entries, Bans::over(bans));
	SLUICE_TRY_ASSIGN(const Lengths list, Lengths::over(lengths));
	return BanTable(entries, list, sieve, bans.shape().max_entries);
}

// ---- any kind ----

Result<void> BanTable::write(const Entry& entry, std::uint64_t now_mono_ns) const
{
	const sluice_ban_key& key = entry.first;
	SLUICE_TRY_ASSIGN(const sluice_ban_lengths before, lengths_.lookup(kZero));
	sluice_ban_lengths after = before;
	if (!append(after, key))
		return Error(ErrorCode::kExhausted,
			     "no room for an entry of length /" + std::to_string(prefix_of(key).length()) + ": " +
				     std::to_string(SLUICE_MAX_BAN_LENGTHS) + " other lengths are in use",
			     "take a length that is in use, put this prefix on a list of the policy, or lift every entry");
	const auto old = bans_.lookup(key);
	if (!old && old.error().code() != ErrorCode::kNotFound)
		return old.error();
	SLUICE_TRY(sieve_.mark(key.prefix));
	SLUICE_TRY(put(entry, now_mono_ns));
	if (std::memcmp(&before, &after, sizeof(after)) == 0)
		return {};
	auto listed = lengths_.update(kZero, after);
	if (!listed)
		(void)(old ? bans_.update(key, *old) : bans_.erase(key));
	return listed;
}

Result<void> BanTable::put(const Entry& entry, std::uint64_t now_mono_ns) const
{
	auto written = bans_.update(entry.first, entry.second);
	if (written || written.error().code() != ErrorCode::kExhausted)
		return written;
	SLUICE_TRY_ASSIGN(const auto entries, bans_.entries());
	for (const auto& [other, value] : entries) {
		if (has_expired(value, now_mono_ns))
			SLUICE_TRY(bans_.erase(other));
	}
	written = bans_.update(entry.first, entry.second);
	if (written || written.error().code() != ErrorCode::kExhausted)
		return written;
	return Error(ErrorCode::kExhausted, "all " + std::to_string(capacity_) + " bans and overlay entries are in use",
		     "lift some, name whole prefixes, or put them on a list of the policy");
}

// Those that stand; the others are removed on the way.
Result<std::vector<BanTable::Entry>> BanTable::sweep(std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const auto entries, bans_.entries());
	std::vector<Entry> standing;
	std::vector<sluice_addr> prefixes;
	for (const auto& [key, value] : entries) {
		if (!has_expired(value, now_mono_ns)) {
			standing.emplace_back(key, value);
			prefixes.push_back(key.prefix);
		} else if (auto erased = bans_.erase(key); !erased && erased.error().code() != ErrorCode::kNotFound) {
			return std::move(erased).error();
		}
	}
	SLUICE_TRY(sieve_.keep(prefixes));
	if (standing.empty() && !entries.empty())
		SLUICE_TRY(forget_lengths_if_empty());
	return standing;
}

Result<void> BanTable::erase(const sluice_ban_key& key) const
{
	SLUICE_TRY(bans_.erase(key));
	(void)forget_lengths_if_empty();
	return {};
}

// Of one kind, those that hold `source`; changes nothing.
Result<std::vector<BanTable::Entry>> BanTable::holding(const net::Address& source, sluice_ban_kind kind, std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const sluice_ban_lengths lengths, lengths_.lookup(kZero));
	const unsigned family = source.family();
	const unsigned before = family == SLUICE_IPV4 ? SLUICE_IPV4_PREFIX_BITS : 0;
	std::vector<Entry> found;
	for (std::uint32_t i = 0; i < std::min(lengths.count[family], SLUICE_MAX_BAN_LENGTHS); i++) {
		const unsigned length = std::max<unsigned>(lengths.length[family][i], before) - before;
		const sluice_ban_key key = key_of(net::Prefix::of(source, std::min(length, source.bits())), kind);
		const auto value = bans_.lookup(key);
		if (!value && value.error().code() != ErrorCode::kNotFound)
			return value.error();
		if (value && !has_expired(*value, now_mono_ns))
			found.emplace_back(key, *value);
	}
	return found;
}

// ---- bans ----

Result<void> BanTable::set(const datapath::Ban& ban, std::uint64_t now_mono_ns) const
{
	return write({key_of(ban.prefix, SLUICE_KIND_BAN), value_of(ban)}, now_mono_ns);
}

Result<void> BanTable::lift(const net::Prefix& prefix) const
{
	auto erased = erase(key_of(prefix, SLUICE_KIND_BAN));
	if (!erased && erased.error().code() == ErrorCode::kNotFound)
		return Error(ErrorCode::kNotFound, prefix.to_string() + " is not banned", "sluice bans lists those that are");
	return erased;
}

Result<std::vector<datapath::Ban>> BanTable::standing(std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const auto entries, sweep(now_mono_ns));
	std::vector<datapath::Ban> bans;
	for (const auto& [key, value] : entries) {
		if (key.kind == SLUICE_KIND_BAN)
			bans.push_back(ban_of(key, value));
	}
	sort_by_prefix(bans);
	return bans;
}

Result<std::optional<datapath::Ban>> BanTable::find(const net::Address& source, std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const auto entries, holding(source, SLUICE_KIND_BAN, now_mono_ns));
	std::optional<datapath::Ban> found;
	for (const auto& [key, value] : entries) {
		if (datapath::stands_longer(ban_of(key, value), found, now_mono_ns))
			found = ban_of(key, value);
	}
	return found;
}

// ---- the overlay ----

Result<void> BanTable::set(const datapath::OverlayEntry& entry, std::uint64_t now_mono_ns) const
{
	return write({key_of(entry.prefix, SLUICE_KIND_OVERLAY), value_of(entry)}, now_mono_ns);
}

Result<void> BanTable::forget(const net::Prefix& prefix) const
{
	auto erased = erase(key_of(prefix, SLUICE_KIND_OVERLAY));
	if (!erased && erased.error().code() == ErrorCode::kNotFound)
		return Error(ErrorCode::kNotFound, prefix.to_string() + " is not in the overlay", "`sluice overlay` lists what is");
	return erased;
}

Result<std::vector<datapath::OverlayEntry>> BanTable::overlay(std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const auto entries, sweep(now_mono_ns));
	std::vector<datapath::OverlayEntry> overlay;
	for (const auto& [key, value] : entries) {
		if (key.kind == SLUICE_KIND_OVERLAY)
			overlay.push_back(overlay_of(key, value));
	}
	sort_by_prefix(overlay);
	return overlay;
}

Result<std::optional<datapath::OverlayEntry>> BanTable::find_overlay(const net::Address& source, std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const auto entries, holding(source, SLUICE_KIND_OVERLAY, now_mono_ns));
	const auto longest = std::max_element(entries.begin(), entries.end(),
					      [](const Entry& a, const Entry& b) { return a.first.length < b.first.length; });
	return longest != entries.end() ? std::optional(overlay_of(longest->first, longest->second)) : std::nullopt;
}

// ---- lengths and sieve ----

Result<void> BanTable::forget_lengths_if_empty() const
{
	SLUICE_TRY_ASSIGN(const bool empty, bans_.empty());
	if (!empty)
		return {};
	return lengths_.update(kZero, sluice_ban_lengths{});
}

Result<void> BanTable::settle() const
{
	SLUICE_TRY_ASSIGN(const auto entries, bans_.entries());
	SLUICE_TRY_ASSIGN(const sluice_ban_lengths before, lengths_.lookup(kZero));
	sluice_ban_lengths after = before;
	std::vector<sluice_addr> prefixes;
	for (const auto& [key, value] : entries) {
		append(after, key);
		prefixes.push_back(key.prefix);
	}
	SLUICE_TRY(sieve_.keep(prefixes));
	if (std::memcmp(&before, &after, sizeof(after)) == 0)
		return {};
	return lengths_.update(kZero, after);
}

Result<Said> read_said(const Map& bans, std::uint64_t now_mono_ns)
{
	SLUICE_TRY_ASSIGN(const auto table, (TypedMap<sluice_ban_key, sluice_ban>::over(bans)));
	SLUICE_TRY_ASSIGN(const auto entries, table.entries());
	Said said;
	for (const auto& [key, value] : entries) {
		if (has_expired(value, now_mono_ns))
			continue;
		if (key.kind == SLUICE_KIND_BAN)
			said.bans.push_back(ban_of(key, value));
		else
			said.overlay.push_back(overlay_of(key, value));
	}
	sort_by_prefix(said.bans);
	sort_by_prefix(said.overlay);
	return said;
}

}  // namespace sluice::kernel
