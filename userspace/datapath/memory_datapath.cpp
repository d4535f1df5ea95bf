#include "datapath/memory_datapath.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "policy/numbering.h"

namespace sluice::datapath {
namespace {

constexpr std::size_t kEventRoom = 16384;

void add(sluice_counter& sum, const sluice_counter& more)
{
	sum.packets += more.packets;
	sum.bytes += more.bytes;
}

}  // namespace

MemoryDatapath::MemoryDatapath(const Clock& clock, std::uint32_t ban_capacity, std::uint32_t bucket_sets)
    : clock_(&clock), ban_capacity_(ban_capacity), bucket_sets_(bucket_sets), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
}

void MemoryDatapath::fail_at(std::uint64_t n, Error error)
{
	fail_in_ = n;
	failure_ = std::move(error);
}

Result<void> MemoryDatapath::admit()
{
	if (fail_in_ != 0 && --fail_in_ == 0)
		return failure_;
	return {};
}

void MemoryDatapath::add_interface(const std::string& name, bool has_native)
{
	host_[name] = HostInterface{next_index_++, has_native};
}

void MemoryDatapath::remove_interface(const std::string& name)
{
	host_.erase(name);
	attached_.erase(name);
}

void MemoryDatapath::count(std::uint16_t service, std::uint8_t reason, sluice_counter more)
{
	add(counters_[{service, reason}], more);
}

void MemoryDatapath::count_pair(std::uint16_t service, std::uint8_t running, std::uint8_t candidate, sluice_counter more)
{
	add(pairs_[{running, candidate}], more);
	add(outcomes_[{service, sluice_reason_passes(running), sluice_reason_passes(candidate)}], more);
}

void MemoryDatapath::count_rule(std::uint16_t rule, sluice_counter more)
{
	add(rule_counters_[rule], more);
}

void MemoryDatapath::report(const sluice_event& event)
{
	if (events_.size() == kEventRoom) {
		events_lost_++;
		return;
	}
	events_.push_back(event);
	(void)::eventfd_write(wakeup_.get(), 1);
}

Running MemoryDatapath::read(const policy::Image& image)
{
	return Running{image.meta, image.config, image.service_names, image.rule_names, image.limits, image.role_names};
}

Result<policy::Heritage> MemoryDatapath::heritage()
{
	SLUICE_TRY(admit());
	if (!image_)
		return policy::Heritage{};
	return policy::inherit(image_->config.generation, {image_->service_names, image_->rule_names, image_->role_names}, image_->limits);
}

Result<std::optional<Running>> MemoryDatapath::running()
{
	SLUICE_TRY(admit());
	return image_ ? std::optional(read(*image_)) : std::nullopt;
}

Result<std::optional<Running>> MemoryDatapath::previous()
{
	SLUICE_TRY(admit());
	return previous_ ? std::optional(read(*previous_)) : std::nullopt;
}

Result<Running> MemoryDatapath::revert()
{
	SLUICE_TRY(admit());
	if (!previous_)
		return Error(ErrorCode::kNotFound, "no generation before this one is loaded");
	strip_roles(policy::renamed_roles(image_->role_names, previous_->role_names));
	std::swap(image_, previous_);
	drop_shadow();
	return read(*image_);
}

Result<Running> MemoryDatapath::install(policy::Image image, ShadowFate fate)
{
	SLUICE_TRY(admit());
	image.config.generation = ++last_generation_;
	image.meta.abi = SLUICE_ABI_VERSION;
	image.meta.generation = image.config.generation;
	image.meta.installed_unix_ns = clock_->unix_ns();
	const policy::Image before = image_.value_or(policy::Image{});
	for (const std::uint32_t slot : policy::renamed(before.service_names, image.service_names, SLUICE_SERVICE_FIRST))
		std::erase_if(counters_, [slot](const auto& row) { return row.first.first == slot; });
	for (const std::uint32_t number : policy::renamed(before.rule_names, image.rule_names, SLUICE_RULE_FIRST_FAILSAFE))
		rule_counters_.erase(static_cast<std::uint16_t>(number));
	strip_roles(policy::renamed_roles(before.role_names, image.role_names));
	previous_ = std::exchange(image_, std::move(image));
	if (fate == ShadowFate::kEnds)
		drop_shadow();
	return read(*image_);
}

void MemoryDatapath::drop_shadow()
{
	candidate_.reset();
	pairs_.clear();
	outcomes_.clear();
}

Result<Running> MemoryDatapath::shadow(policy::Image image)
{
	SLUICE_TRY(admit());
	if (!image_)
		return Error(ErrorCode::kNotFound, "no policy is installed", "sluice apply FILE");
	if (candidate_)
		return Error(ErrorCode::kExists, "a candidate is shadowed already", "sluice promote, or sluice rollback");
	image.config.generation = 0;
	image.meta.generation = 0;
	image.meta.abi = SLUICE_ABI_VERSION;
	image.meta.installed_unix_ns = clock_->unix_ns();
	candidate_ = std::move(image);
	return read(*candidate_);
}

Result<void> MemoryDatapath::end_shadow()
{
	SLUICE_TRY(admit());
	if (!candidate_)
		return Error(ErrorCode::kNotFound, "no candidate is shadowed");
	drop_shadow();
	return {};
}

Result<std::optional<Running>> MemoryDatapath::candidate()
{
	SLUICE_TRY(admit());
	return candidate_ ? std::optional(read(*candidate_)) : std::nullopt;
}

Result<ShadowCounters> MemoryDatapath::shadow_counters()
{
	SLUICE_TRY(admit());
	ShadowCounters counters;
	for (const auto& [pair, value] : pairs_)
		counters.pairs.push_back({pair.first, pair.second, value});
	for (const auto& [at, value] : outcomes_)
		counters.by_service.push_back({std::get<0>(at), std::get<1>(at), std::get<2>(at), value});
	return counters;
}

Result<Interface> MemoryDatapath::attach(const std::string& name, std::optional<AttachMode> only)
{
	SLUICE_TRY(admit());
	if (!image_)
		return Error(ErrorCode::kFailed, "attach to " + name + ": no policy is installed", "sluice apply FILE");
	const auto host = host_.find(name);
	if (host == host_.end())
		return Error(ErrorCode::kNotFound, "there is no interface " + name, "ip link lists those that are");
	const auto before = attached_.find(name);
	if (before != attached_.end() && only && *only != before->second)
		return Error(ErrorCode::kExists, name + " is attached in the other mode", "detach it first: sluice detach " + name);
	if (only == AttachMode::kNative && !host->second.has_native)
		return Error(ErrorCode::kUnsupported, "attach to " + name + " in native mode: Operation not supported",
			     "the driver may not support it, or not at this MTU: try generic mode");
	if (before == attached_.end())
		attached_[name] = only.value_or(host->second.has_native ? AttachMode::kNative : AttachMode::kGeneric);
	return Interface{name, host->second.index, attached_[name], image_->config.generation};
}

Result<void> MemoryDatapath::detach(const std::string& name)
{
	SLUICE_TRY(admit());
	if (attached_.erase(name) == 0)
		return Error(ErrorCode::kNotFound, name + " is not attached", "sluice status lists the interfaces that are");
	return {};
}

Result<std::vector<Interface>> MemoryDatapath::interfaces()
{
	SLUICE_TRY(admit());
	std::vector<Interface> interfaces;
	for (const auto& [name, mode] : attached_)
		interfaces.push_back(Interface{name, host_.at(name).index, mode, image_->config.generation});
	return interfaces;
}

void MemoryDatapath::drop_expired()
{
	const std::uint64_t now = now_mono_ns();
	const auto has_expired = [now](const auto& entry) { return entry.second.expires_mono_ns && *entry.second.expires_mono_ns <= now; };
	std::erase_if(bans_, has_expired);
	std::erase_if(overlay_, has_expired);
	if (bans_.empty() && overlay_.empty()) {
		for (auto& lengths : ban_lengths_)
			lengths.clear();
	}
}

// Bans and overlay entries share their room.
Result<void> MemoryDatapath::make_room(const net::Prefix& prefix, bool is_there)
{
	auto& lengths = ban_lengths_[prefix.family()];
	if (!lengths.contains(prefix.length()) && lengths.size() >= SLUICE_MAX_BAN_LENGTHS)
		return Error(ErrorCode::kExhausted, "no room for an entry of length /" + std::to_string(prefix.length()),
			     "take a length that is in use, put this prefix on a list of the policy, or lift every entry");
	if (!is_there && bans_.size() + overlay_.size() >= ban_capacity_)
		drop_expired();
	if (!is_there && bans_.size() + overlay_.size() >= ban_capacity_)
		return Error(ErrorCode::kExhausted, "all " + std::to_string(ban_capacity_) + " bans and overlay entries are in use",
			     "lift some, name whole prefixes, or put them on a list of the policy");
	lengths.insert(prefix.length());
	return {};
}

Result<void> MemoryDatapath::ban(const Ban& ban)
{
	SLUICE_TRY(admit());
	SLUICE_TRY(make_room(ban.prefix, bans_.contains(ban.prefix)));
	Ban& kept = bans_[ban.prefix] = ban;
	kept.why.resize(std::min(kept.why.size(), sizeof(sluice_ban::why) - 1));
	return {};
}

Result<void> MemoryDatapath::overlay(const OverlayEntry& entry)
{
	SLUICE_TRY(admit());
	SLUICE_TRY(make_room(entry.prefix, overlay_.contains(entry.prefix)));
	OverlayEntry& kept = overlay_[entry.prefix] = entry;
	kept.why.resize(std::min(kept.why.size(), sizeof(sluice_ban::why) - 1));
	return {};
}

Result<void> MemoryDatapath::forget(const net::Prefix& prefix)
{
	SLUICE_TRY(admit());
	if (overlay_.erase(prefix) == 0)
		return Error(ErrorCode::kNotFound, prefix.to_string() + " is not in the overlay", "`sluice overlay` lists what is");
	drop_expired();
	return {};
}

Result<std::vector<OverlayEntry>> MemoryDatapath::overlay_entries()
{
	SLUICE_TRY(admit());
	drop_expired();
	std::vector<OverlayEntry> entries;
	for (const auto& [prefix, entry] : overlay_)
		entries.push_back(entry);
	return entries;
}

Result<void> MemoryDatapath::unban(const net::Prefix& prefix)
{
	SLUICE_TRY(admit());
	if (bans_.erase(prefix) == 0)
		return Error(ErrorCode::kNotFound, prefix.to_string() + " is not banned", "sluice bans lists those that are");
	drop_expired();
	return {};
}

Result<std::vector<Ban>> MemoryDatapath::bans()
{
	SLUICE_TRY(admit());
	drop_expired();
	std::vector<Ban> bans;
	for (const auto& [prefix, ban] : bans_)
		bans.push_back(ban);
	return bans;
}

void MemoryDatapath::strip_roles(std::uint64_t roles)
{
	for (auto& [slot, identity] : identities_)
		identity.roles &= ~roles;
}

bool MemoryDatapath::in_force(const Lease& lease) const
{
	const Identity& identity = identities_.at(lease.slot);
	const std::uint64_t now = clock_->boot_ns();
	return lease.generation == identity.generation && now < lease.expires_boot_ns && now < identity.expires_boot_ns;
}

Result<void> MemoryDatapath::put_identity(const Identity& identity)
{
	SLUICE_TRY(admit());
	if (identity.slot == SLUICE_IDENTITY_NONE || identity.slot >= identity_room_)
		return Error(ErrorCode::kInvalid, "there is no slot " + std::to_string(identity.slot) + " for an identity");
	Identity& kept = identities_[identity.slot];
	const std::uint32_t generation = kept.digest == identity.digest ? kept.generation : kept.generation + 1;
	const Identity read_back = from_abi(identity.slot, {}, name_to_abi(identity));
	kept = identity;
	kept.name = read_back.name;
	kept.authority = read_back.authority;
	kept.generation = generation;
	return {};
}

Result<void> MemoryDatapath::put_lease(const Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns)
{
	SLUICE_TRY(admit());
	const auto identity = identities_.find(slot);
	if (identity == identities_.end())
		return Error(ErrorCode::kInvalid, "there is no slot " + std::to_string(slot) + " for an identity");
	if (!leases_.contains(binding) && leases_.size() >= lease_room_)
		return Error(ErrorCode::kExhausted, "all " + std::to_string(lease_room_) + " leases are in use", "raise --leases");
	leases_[binding] = {binding, slot, expires_boot_ns, identity->second.generation};
	return {};
}

Result<void> MemoryDatapath::drop_lease(const Binding& binding)
{
	SLUICE_TRY(admit());
	if (leases_.erase(binding) == 0)
		return Error(ErrorCode::kNotFound, "no lease of " + to_string(binding));
	return {};
}

Result<void> MemoryDatapath::revoke(std::uint32_t slot)
{
	SLUICE_TRY(admit());
	const auto identity = identities_.find(slot);
	if (identity == identities_.end())
		return Error(ErrorCode::kInvalid, "there is no slot " + std::to_string(slot) + " for an identity");
	identity->second.generation++;
	identity->second.blocked = true;
	return {};
}

Result<std::optional<Identity>> MemoryDatapath::identity(std::uint32_t slot)
{
	SLUICE_TRY(admit());
	const auto found = identities_.find(slot);
	return found == identities_.end() ? std::nullopt : std::optional(found->second);
}

Result<Leases> MemoryDatapath::leases()
{
	SLUICE_TRY(admit());
	std::erase_if(leases_, [this](const auto& entry) { return !in_force(entry.second); });
	Leases leases{{}, {}, identity_room_, lease_room_};
	for (const auto& [slot, identity] : identities_)
		leases.identities.push_back(identity);
	for (const auto& [binding, lease] : leases_)
		leases.leases.push_back(lease);
	return leases;
}

Result<Explanation> MemoryDatapath::explain(std::span<const std::byte> frame)
{
	SLUICE_TRY(admit());
	if (!image_)
		return Error(ErrorCode::kNotFound, "no policy is installed", "sluice apply FILE");
	explained_.assign(frame.begin(), frame.end());
	Explanation explanation{found_, image_->config.observe || sluice_reason_passes(found_.reason), {}, {}};
	if (const auto identity = identities_.find(found_.identity); identity != identities_.end())
		explanation.identity = identity->second;
	const net::Address source = net::Address::from_abi(found_.source);
	for (const auto& [prefix, ban] : bans_) {
		if (prefix.contains(source) && stands_longer(ban, explanation.ban, now_mono_ns()))
			explanation.ban = ban;
	}
	for (const auto& [prefix, entry] : overlay_) {
		const bool stands = !entry.expires_mono_ns || *entry.expires_mono_ns > now_mono_ns();
		if (stands && prefix.contains(source) && (!explanation.overlay || explanation.overlay->prefix.length() < prefix.length()))
			explanation.overlay = entry;
	}
	return explanation;
}

Result<Counters> MemoryDatapath::counters()
{
	SLUICE_TRY(admit());
	Counters counters;
	for (const auto& [at, value] : counters_)
		counters.by_service.push_back({at.first, at.second, value});
	for (const auto& [rule, value] : rule_counters_)
		counters.by_rule.push_back({rule, value});
	counters.events_lost = events_lost_;
	return counters;
}

Result<Answering> MemoryDatapath::answering()
{
	SLUICE_TRY(admit());
	return answering_;
}

Result<MemoryUse> MemoryDatapath::memory()
{
	SLUICE_TRY(admit());
	return MemoryUse{std::uint64_t{bucket_sets_} * sizeof(sluice_bucket_set)};
}

Result<void> MemoryDatapath::drain_events(const std::function<void(const sluice_event&)>& take)
{
	SLUICE_TRY(admit());
	std::uint64_t woken = 0;
	(void)::eventfd_read(wakeup_.get(), &woken);
	for (const sluice_event& event : std::exchange(events_, {}))
		take(event);
	return {};
}

}  // namespace sluice::datapath
