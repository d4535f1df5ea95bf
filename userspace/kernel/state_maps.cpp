#include "kernel/state_maps.h"

#include <fcntl.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/file.h"
#include "kernel/ban_migration.h"
#include "kernel/map_memory.h"
#include "kernel/typed_map.h"
#include "sluice/abi/ban.h"
#include "sluice/abi/cookie.h"

namespace sluice::kernel {
namespace {

constexpr std::uint32_t kZero = 0;

// Buckets as they are while packets charge them: each of them whole, not all at one moment.
Result<Map> copy_of(Calls& calls, const Map& buckets)
{
	SLUICE_TRY_ASSIGN(Map copy, Map::create(calls, buckets.name(), buckets.shape()));
	SLUICE_TRY_ASSIGN(const MapMemory from, MapMemory::over(buckets, MapMemory::Access::kRead));
	SLUICE_TRY_ASSIGN(const MapMemory to, MapMemory::over(copy, MapMemory::Access::kWrite));
	std::memcpy(to.at(), from.at(), to.bytes());
	return copy;
}

Result<Map> opened_again(Calls& calls, const Map& map)
{
	Fd fd(::fcntl(map.fd(), F_DUPFD_CLOEXEC, 3));
	if (!fd)
		return error_of_errno(errno, "open map " + map.name() + " again");
	return Map::adopt(calls, std::move(fd), map.name());
}

// Whose size is the operator's choice: adopted whatever it is.
bool is_sized_by_options(const std::string& name)
{
	return name == kBucketsMap || name == "bans" || name == "events" || name == "identities" || name == "identity_names" ||
	       name == "bindings";
}

Result<MapShape> wanted_shape(const Skeleton& skeleton, const std::string& name, const Options& options)
{
	SLUICE_TRY_ASSIGN(MapShape shape, skeleton.shape(name));
	if (name == kBucketsMap) {
		const std::uint64_t sets = options.bucket_bytes / sizeof(sluice_bucket_set);
		if (sets == 0 || sets > 1u << 31)
			return Error(ErrorCode::kInvalid, "a bucket table of " + std::to_string(options.bucket_bytes) + " bytes",
				     "from 64 bytes to 128 GiB");
		shape.max_entries = static_cast<std::uint32_t>(std::bit_floor(sets));
	}
	if (name == "bans")
		shape.max_entries = options.ban_capacity;
	if (name == "identities" || name == "identity_names")
		shape.max_entries = options.identity_capacity;
	if (name == "bindings")
		shape.max_entries = options.lease_capacity;
	if (name == "events")
		shape.max_entries = options.event_bytes;
	return shape;
}

bool fits(const MapShape& found, const MapShape& wanted, const std::string& name)
{
	MapShape same = found;
	if (is_sized_by_options(name))
		same.max_entries = wanted.max_entries;
	const bool usable = name != kBucketsMap || std::has_single_bit(found.max_entries);
	return same == wanted && usable;
}

std::string loss(const std::string& name)
{
	if (name == kBucketsMap)
		return "limits start anew";
	if (name == "counters" || name == "rule_counters" || name == "event_gauges")
		return "they start at zero";
	if (name == "identities" || name == "identity_names" || name == "bindings" || name == "binding_lengths")
		return "every lease has ended, and clients lease anew";
	return "made anew";
}

bool is_zero(const sluice_hash_key& key)
{
	const sluice_hash_key zero{};
	return std::memcmp(&key, &zero, sizeof(key)) == 0;
}

}  // namespace

Result<StateMaps> StateMaps::open(Calls& calls, const Pins& pins, const Options& options, std::uint32_t abi,
				  std::vector<std::string>& notes)
{
	StateMaps state;
	SLUICE_TRY_ASSIGN(const Skeleton skeleton, Skeleton::open());
	const bool foreign = abi != 0 && abi != SLUICE_ABI_VERSION;
	bool bans_are_new = false;
	for (const std::string name : kStateMaps) {
		SLUICE_TRY_ASSIGN(const MapShape wanted, wanted_shape(skeleton, name, options));
		auto pinned = Map::open_pin(calls, pins.state(name), name);
		if (!pinned && pinned.error().code() != ErrorCode::kNotFound)
			return std::move(pinned).error();
		if (pinned && !foreign && fits(pinned->shape(), wanted, name)) {
			if (pinned->shape().max_entries != wanted.max_entries)
				notes.push_back(name + " keep the size they have, " + std::to_string(pinned->shape().max_entries) +
						" in place of " + std::to_string(wanted.max_entries));
			state.maps_.emplace(name, Entry{std::move(*pinned), true});
			continue;
		}
		if (pinned)
			notes.push_back("pinned " + name + " are of " +
					(foreign ? "ABI version " + std::to_string(abi) : "another shape") + ": " + loss(name));
		SLUICE_TRY_ASSIGN(Map fresh, Map::create(calls, name, wanted));
		state.maps_.emplace(name, Entry{std::move(fresh), false});
		bans_are_new |= name == "bans" && pinned.has_value();
	}
	if (bans_are_new)
		SLUICE_TRY(state.migrate_bans(calls, pins, notes));
	SLUICE_TRY(state.settle_hash_key());
	SLUICE_TRY(state.settle_cookie_key());
	// A daemon that died between a ban and its length, or bans that were migrated: no ban may be overlooked.
	SLUICE_TRY_ASSIGN(const BanTable bans, state.bans());
	SLUICE_TRY(bans.settle());
	SLUICE_TRY(state.settle_leases(calls, notes));
	return state;
}

Result<StateMaps> StateMaps::fresh(Calls& calls, const Options& options)
{
	StateMaps state;
	SLUICE_TRY_ASSIGN(const Skeleton skeleton, Skeleton::open());
	for (const std::string name : kStateMaps) {
		SLUICE_TRY_ASSIGN(const MapShape wanted, wanted_shape(skeleton, name, options));
		SLUICE_TRY_ASSIGN(Map map, Map::create(calls, name, wanted));
		state.maps_.emplace(name, Entry{std::move(map), false});
	}
	SLUICE_TRY(state.settle_hash_key());
	SLUICE_TRY(state.settle_cookie_key());
	return state;
}

Result<StateMaps> StateMaps::with_levels_copied(Calls& calls) const
{
	StateMaps beside;
	beside.hash_key_ = hash_key_;
	for (const std::string name : kStateMaps) {
		SLUICE_TRY_ASSIGN(Map map, name == kBucketsMap ? copy_of(calls, at(name)) : opened_again(calls, at(name)));
		beside.maps_.emplace(name, Entry{std::move(map), false});
	}
	return beside;
}

Result<void> StateMaps::migrate_bans(Calls& calls, const Pins& pins, std::vector<std::string>& notes)
{
	SLUICE_TRY_ASSIGN(const Map old, Map::open_pin(calls, pins.state("bans"), "bans"));
	const auto entries = read_foreign_bans(old);
	if (!entries || old.shape().type != at("bans").shape().type) {
		notes.push_back("the bans that stood cannot be read and are dropped: ban again what must stay out");
		return {};
	}
	SLUICE_TRY_ASSIGN(const auto to, (TypedMap<sluice_ban_key, sluice_ban>::over(at("bans"))));
	std::size_t moved = 0;
	for (const auto& [key, ban] : *entries)
		moved += to.update(key, ban).has_value();
	notes.push_back(std::to_string(moved) + " of " + std::to_string(entries->size()) + " bans were migrated");
	return {};
}

Result<void> StateMaps::settle_hash_key()
{
	SLUICE_TRY_ASSIGN(const auto map, (TypedMap<std::uint32_t, sluice_hash_key>::over(at("hash_key"))));
	SLUICE_TRY_ASSIGN(hash_key_, map.lookup(kZero));
	if (!is_zero(hash_key_))
		return {};
	if (::getrandom(&hash_key_, sizeof(hash_key_), 0) != static_cast<ssize_t>(sizeof(hash_key_)))
		return error_of_errno(errno, "draw the hash key");
	return map.update(kZero, hash_key_);
}

// Drawn once per set of pins, like the hash key: cookies that were sent are taken back after a restart.
Result<void> StateMaps::settle_cookie_key()
{
	SLUICE_TRY_ASSIGN(const auto map, (TypedMap<std::uint32_t, sluice_cookies>::over(at("cookies"))));
	SLUICE_TRY_ASSIGN(sluice_cookies cookies, map.lookup(kZero));
	if (cookies.key[0] != 0 || cookies.key[1] != 0)
		return {};
	if (::getrandom(cookies.key, sizeof(cookies.key), 0) != static_cast<ssize_t>(sizeof(cookies.key)))
		return error_of_errno(errno, "draw the key of cookies");
	return map.update(kZero, cookies);
}

Result<BanTable> StateMaps::bans() const
{
	SLUICE_TRY_ASSIGN(const BanSieve sieve, BanSieve::over(at("ban_sieve"), hash_key_));
	return BanTable::over(at("bans"), at("ban_lengths"), sieve);
}

Result<LeaseTable> StateMaps::leases() const
{
	return LeaseTable::over({at("identities"), at("identity_names"), at("bindings"), at("binding_lengths")});
}

// Bindings mean nothing beside slots that are not those they were made for: all were adopted together, or none is.
Result<void> StateMaps::settle_leases(Calls& calls, std::vector<std::string>& notes)
{
	const auto adopted = [this](const char* name) { return maps_.at(name).pinned; };
	const bool same_slots = at("identities").shape().max_entries == at("identity_names").shape().max_entries;
	if ((std::ranges::all_of(kLeaseMaps, adopted) && same_slots) || std::ranges::none_of(kLeaseMaps, adopted))
		return {};
	notes.emplace_back("what is pinned of identities and leases does not belong together: " + loss("bindings"));
	for (const char* name : kLeaseMaps) {
		const MapShape shape = at(same_slots ? name : std::string(name) == "identity_names" ? "identities" : name).shape();
		MapShape wanted = at(name).shape();
		wanted.max_entries = shape.max_entries;
		SLUICE_TRY_ASSIGN(Map fresh, Map::create(calls, name, wanted));
		maps_.insert_or_assign(name, Entry{std::move(fresh), false});
	}
	return {};
}

Result<void> StateMaps::pin(Calls& calls, const Pins& pins, Undo& undo)
{
	for (auto& [name, entry] : maps_) {
		if (entry.pinned)
			continue;
		const std::string path = pins.state(name), aside = path + "_new";
		auto old = Map::open_pin(calls, path, name);
		if (!old && old.error().code() != ErrorCode::kNotFound)
			return std::move(old).error();
		calls.unpin(aside);
		if (const int code = calls.pin(entry.map.fd(), aside); code < 0)
			return error_of_errno(-code, "pin " + aside);
		undo.add([&calls, aside] { calls.unpin(aside); });
		if (const int code = calls.rename(aside, path); code < 0)
			return error_of_errno(-code, "pin " + path);
		entry.pinned = true;
		const auto before = old ? std::make_shared<Map>(std::move(*old)) : nullptr;
		undo.add([&calls, &entry = entry, path, before] {
			entry.pinned = false;
			calls.unpin(path);
			if (before)
				calls.pin(before->fd(), path);
		});
	}
	return {};
}

}  // namespace sluice::kernel
