#include "kernel/ban_table.h"

#include <algorithm>
#include <cstring>

#include "sluice/core/addr.h"

namespace sluice::kernel {
namespace {

constexpr std::uint32_t kZero = 0;

sluice_ban_key key_of(const net::Prefix& prefix)
{
	return sluice_ban_key{prefix.address().to_abi(), prefix.mapped_length()};
}

net::Prefix prefix_of(const sluice_ban_key& key)
{
	const net::Address address = net::Address::from_abi(key.prefix);
	const bool ipv4 = address.is_ipv4() && key.length >= SLUICE_IPV4_PREFIX_BITS;
	return net::Prefix::of(address, std::min(ipv4 ? key.length - SLUICE_IPV4_PREFIX_BITS : key.length, address.bits()));
}

sluice_ban to_abi(const datapath::Ban& ban)
{
	sluice_ban value{};
	value.expires_mono_ns = ban.expires_mono_ns.value_or(SLUICE_BAN_FOREVER);
	value.created_unix_ns = ban.created_unix_ns;
	ban.why.copy(value.why, sizeof(value.why) - 1);
	return value;
}

datapath::Ban from_abi(const sluice_ban_key& key, const sluice_ban& value)
{
	datapath::Ban ban{prefix_of(key), {}, value.created_unix_ns,
			  std::string(value.why, ::strnlen(value.why, sizeof(value.why)))};
	if (value.expires_mono_ns != SLUICE_BAN_FOREVER)
		ban.expires_mono_ns = value.expires_mono_ns;
	return ban;
}

bool has_expired(const sluice_ban& ban, std::uint64_t now_mono_ns)
{
	return ban.expires_mono_ns <= now_mono_ns;
}

// False when there is no room for yet another length of that family.
bool append(sluice_ban_lengths& lengths, const net::Prefix& prefix)
{
	std::uint32_t& count = lengths.count[prefix.family()];
	std::uint8_t* length = lengths.length[prefix.family()];
	if (std::find(length, length + std::min(count, SLUICE_MAX_BAN_LENGTHS), prefix.mapped_length()) !=
	    length + std::min(count, SLUICE_MAX_BAN_LENGTHS))
		return true;
	if (count >= SLUICE_MAX_BAN_LENGTHS)
		return false;
	const sluice_addr mask = sluice_addr_mask(prefix.mapped_length());
	lengths.mask[prefix.family()][count] = sluice_addr_halves(&mask);
	length[count++] = static_cast<std::uint8_t>(prefix.mapped_length());
	return true;
}

void sort_by_prefix(std::vector<datapath::Ban>& bans)
{
	std::sort(bans.begin(), bans.end(),
		  [](const datapath::Ban& a, const datapath::Ban& b) { return a.prefix < b.prefix; });
}

}  // namespace

Result<BanTable> BanTable::over(const Map& bans, const Map& lengths, BanSieve sieve)
{
	SLUICE_TRY_ASSIGN(const Bans entries, Bans::over(bans));
	SLUICE_TRY_ASSIGN(const Lengths list, Lengths::over(lengths));
	return BanTable(entries, list, sieve, bans.shape().max_entries);
}

Result<void> BanTable::set(const datapath::Ban& ban, std::uint64_t now_mono_ns) const
{
	const sluice_ban_key key = key_of(ban.prefix);
	SLUICE_TRY_ASSIGN(const sluice_ban_lengths before, lengths_.lookup(kZero));
	sluice_ban_lengths after = before;
	if (!append(after, ban.prefix))
		return Error(ErrorCode::kExhausted,
			     "no room for a ban of length /" + std::to_string(ban.prefix.length()) + ": " +
				     std::to_string(SLUICE_MAX_BAN_LENGTHS) + " other lengths are in use",
			     "ban prefixes of a length that is in use, put this one on a deny list, or lift every ban");
	const auto old = bans_.lookup(key);
	if (!old && old.error().code() != ErrorCode::kNotFound)
		return old.error();
	SLUICE_TRY(sieve_.mark(key.prefix));
	SLUICE_TRY(put(key, to_abi(ban), now_mono_ns));
	if (std::memcmp(&before, &after, sizeof(after)) == 0)
		return {};
	auto listed = lengths_.update(kZero, after);
	if (!listed)
		(void)(old ? bans_.update(key, *old) : bans_.erase(key));
	return listed;
}

Result<void> BanTable::put(const sluice_ban_key& key, const sluice_ban& ban, std::uint64_t now_mono_ns) const
{
	auto written = bans_.update(key, ban);
	if (written || written.error().code() != ErrorCode::kExhausted)
		return written;
	SLUICE_TRY_ASSIGN(const auto entries, bans_.entries());
	for (const auto& [other, value] : entries) {
		if (has_expired(value, now_mono_ns))
			SLUICE_TRY(bans_.erase(other));
	}
	written = bans_.update(key, ban);
	if (written || written.error().code() != ErrorCode::kExhausted)
		return written;
	return Error(ErrorCode::kExhausted, "all " + std::to_string(capacity_) + " bans are in use",
		     "lift some, ban whole prefixes, or put them on a deny list of the policy");
}

Result<void> BanTable::lift(const net::Prefix& prefix) const
{
	auto erased = bans_.erase(key_of(prefix));
	if (!erased && erased.error().code() == ErrorCode::kNotFound)
		return Error(ErrorCode::kNotFound, prefix.to_string() + " is not banned", "sluice bans lists those that are");
	SLUICE_TRY(std::move(erased));
	(void)forget_lengths_if_empty();
	return {};
}

Result<std::vector<datapath::Ban>> BanTable::standing(std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const auto entries, bans_.entries());
	std::vector<datapath::Ban> bans;
	std::vector<sluice_addr> prefixes;
	for (const auto& [key, value] : entries) {
		if (!has_expired(value, now_mono_ns)) {
			bans.push_back(from_abi(key, value));
			prefixes.push_back(key.prefix);
		} else if (auto erased = bans_.erase(key); !erased && erased.error().code() != ErrorCode::kNotFound) {
			return std::move(erased).error();
		}
	}
	SLUICE_TRY(sieve_.keep(prefixes));
	if (bans.empty() && !entries.empty())
		SLUICE_TRY(forget_lengths_if_empty());
	sort_by_prefix(bans);
	return bans;
}

Result<std::optional<datapath::Ban>> BanTable::find(const net::Address& source, std::uint64_t now_mono_ns) const
{
	SLUICE_TRY_ASSIGN(const sluice_ban_lengths lengths, lengths_.lookup(kZero));
	const unsigned family = source.family();
	const unsigned before = family == SLUICE_IPV4 ? SLUICE_IPV4_PREFIX_BITS : 0;
	std::optional<datapath::Ban> found;
	for (std::uint32_t i = 0; i < std::min(lengths.count[family], SLUICE_MAX_BAN_LENGTHS); i++) {
		const unsigned length = std::max<unsigned>(lengths.length[family][i], before) - before;
		const sluice_ban_key key = key_of(net::Prefix::of(source, std::min(length, source.bits())));
		const auto value = bans_.lookup(key);
		if (!value && value.error().code() != ErrorCode::kNotFound)
			return value.error();
		if (value && datapath::stands_longer(from_abi(key, *value), found, now_mono_ns))
			found = from_abi(key, *value);
	}
	return found;
}

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
		append(after, prefix_of(key));
		prefixes.push_back(key.prefix);
	}
	SLUICE_TRY(sieve_.keep(prefixes));
	if (std::memcmp(&before, &after, sizeof(after)) == 0)
		return {};
	return lengths_.update(kZero, after);
}

Result<std::vector<datapath::Ban>> read_bans(const Map& bans, std::uint64_t now_mono_ns)
{
	SLUICE_TRY_ASSIGN(const auto table, (TypedMap<sluice_ban_key, sluice_ban>::over(bans)));
	SLUICE_TRY_ASSIGN(const auto entries, table.entries());
	std::vector<datapath::Ban> standing;
	for (const auto& [key, value] : entries) {
		if (!has_expired(value, now_mono_ns))
			standing.push_back(from_abi(key, value));
	}
	sort_by_prefix(standing);
	return standing;
}

}  // namespace sluice::kernel
