#include "kernel/ban_migration.h"

#include <cstring>

#include "kernel/typed_map.h"

namespace sluice::kernel {
namespace {

// Up to ABI version 2 there were bans alone.
struct OldKey {
	sluice_addr prefix;
	__u32 length;
};

struct OldBan {
	__u64 expires_mono_ns;
	__u64 created_unix_ns;
	char why[48];
};

}  // namespace

Result<std::vector<std::pair<sluice_ban_key, sluice_ban>>> read_foreign_bans(const Map& bans)
{
	const auto old = TypedMap<OldKey, OldBan>::over(bans);
	if (!old) {
		SLUICE_TRY_ASSIGN(const auto same, (TypedMap<sluice_ban_key, sluice_ban>::over(bans)));
		return same.entries();
	}
	SLUICE_TRY_ASSIGN(const auto entries, old->entries());
	std::vector<std::pair<sluice_ban_key, sluice_ban>> out;
	for (const auto& [key, value] : entries) {
		sluice_ban ban{};
		ban.expires_mono_ns = value.expires_mono_ns;
		ban.created_unix_ns = value.created_unix_ns;
		std::memcpy(ban.why, value.why, sizeof(ban.why) - 1);
		out.emplace_back(sluice_ban_key{key.prefix, static_cast<__u16>(key.length), SLUICE_KIND_BAN}, ban);
	}
	return out;
}

}  // namespace sluice::kernel
