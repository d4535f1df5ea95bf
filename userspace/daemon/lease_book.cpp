#include "daemon/lease_book.h"

#include <algorithm>
#include <cstring>

#include "identity/subject.h"
#include "policy/digest.h"

namespace sluice::daemon {
namespace {

using identity::Checked;
using identity::Refusal;
using identity::Refused;

constexpr std::uint64_t kSecond = 1'000'000'000;
// IPv6 hosts have a /64 for their privacy addresses; an IPv4 host has one address.
constexpr unsigned kShortestIpv6 = 64;
constexpr std::size_t kKeptName = sizeof(sluice_identity_name::name) - 1;  // bytes, by the kernel

Refused refused(const Error& error)
{
	return {error.code() == ErrorCode::kExhausted ? Refusal::kExhausted : Refusal::kInternal, error.sentence()};
}

std::string trust_domain_of(const std::string& name)
{
	constexpr std::string_view kScheme = "spiffe://";
	return name.starts_with(kScheme) ? name.substr(kScheme.size(), name.find('/', kScheme.size()) - kScheme.size()) : std::string();
}

// Read back from the kernel long names are cut off; the digest knows the whole, and a SPIFFE ID its authority.
bool is_named(const datapath::Identity& identity, const std::string& name)
{
	const auto is_vouched_for_by = [&](const std::string& authority) {
		const auto digest = datapath::digest_of(authority, name);
		return digest && *digest == identity.digest;
	};
	return name.starts_with(identity.name) && (is_vouched_for_by(identity.authority) || is_vouched_for_by(trust_domain_of(name)));
}

std::uint64_t beginning_of(const identity::Digest& digest)
{
	std::uint64_t beginning = 0;
	std::memcpy(&beginning, digest.data(), sizeof beginning);
	return beginning;
}

// Who makes a certificate that begins like another's shares its fate, and costs nobody else anything.
std::uint64_t proof_of(const std::string& subject)
{
	if (const auto certificate = identity::certificate_of(subject))
		return beginning_of(certificate->digest);
	const auto digest = policy::sha256(subject);
	return digest ? beginning_of(*digest) : 0;
}

}  // namespace

Result<void> LeaseBook::reconcile()
{
	SLUICE_TRY_ASSIGN(const datapath::Leases found, datapath_.leases());
	lease_room_ = found.lease_room;
	standing_ = 0;
	holders_.assign(std::max<std::size_t>(found.identity_room, 1), {});
	slots_.clear();
	named_.clear();
	holding_.clear();
	idle_.clear();
	untouched_ = 1;
	leases_.clear();
	ends_ = {};
	for (const datapath::Identity& identity : found.identities) {
		seat(identity);
		rest(holders_[identity.slot]);
	}
	for (const datapath::Lease& lease : found.leases)
		write_down(holders_[lease.slot].identity, lease.binding, lease.expires_boot_ns, {});
	return {};
}

// ---- granting ----

Checked<void> LeaseBook::check_binding(const datapath::Binding& binding) const
{
	const auto* prefix = std::get_if<net::Prefix>(&binding);
	if (prefix == nullptr)
		return {};
	const bool one_host = prefix->is_host() || (prefix->family() == SLUICE_IPV6 && prefix->length() >= kShortestIpv6);
	const bool unshared = std::any_of(terms_.unshared.begin(), terms_.unshared.end(),
					  [prefix](const net::Prefix& each) { return each.contains(*prefix); });
	if (one_host && unshared)
		return {};
	return Refused{Refusal::kAddressShared, prefix->to_string()};
}

// The slot that it has or had, or one that nobody needs.
Checked<std::uint32_t> LeaseBook::slot_for(const Digest& digest, const std::string& authority) const
{
	const auto known = slots_.find(digest);
	if (known != slots_.end() && !holders_[known->second].is_idle())
		return known->second;
	const auto holding = holding_.find(authority);
	if (holding != holding_.end() && holding->second >= terms_.each_authority)
		return Refused{Refusal::kAuthorityQuota, std::to_string(holding->second) + " identities of " + authority};
	return known != slots_.end() ? Checked<std::uint32_t>(known->second) : free_slot();
}

Checked<std::uint32_t> LeaseBook::free_slot() const
{
	if (untouched_ < holders_.size())
		return untouched_;
	if (!idle_.empty())
		return idle_.begin()->second;
	return Refused{Refusal::kExhausted, "all " + std::to_string(holders_.size() - 1) + " identities are in use"};
}

Checked<Grant> LeaseBook::grant(const identity::Identity& identity, const datapath::Binding& binding)
{
	SLUICE_TRY(check_binding(binding));
	const auto left = identity.until - identity::moment_of_unix_ns(clock_.unix_ns());
	if (left.count() <= 0)
		return Refused{Refusal::kCertificateExpired};
	forget_expired();
	const auto digest = datapath::digest_of(identity.authority, identity.name);
	if (!digest)
		return refused(digest.error());
	SLUICE_TRY_ASSIGN(const std::uint32_t slot, slot_for(*digest, identity.authority));
	const Holder& holder = holders_[slot];
	const bool is_its_own = holder.identity.slot == slot && holder.identity.digest == *digest;
	if (is_its_own && holder.identity.blocked)
		return Refused{Refusal::kIdentityRevoked};
	const auto held = leases_.find(binding);
	const bool renewed = held != leases_.end() && held->second.slot == slot && stands(held->second);
	if (is_its_own && !renewed && holder.leases >= terms_.each_identity)
		return Refused{Refusal::kIdentityQuota, std::to_string(holder.leases) + " leases"};

	const std::uint64_t length = std::min<std::uint64_t>(terms_.longest_ns, std::min<std::uint64_t>(left.count(), 3600) * kSecond);
	const std::uint64_t until = clock_.boot_ns() + length;
	datapath::Identity next{slot, identity.name, identity.authority, *digest, identity.roles, until, 0, false};
	if (is_its_own)
		next.expires_boot_ns = std::max(until, holder.identity.expires_boot_ns);
	if (const auto put = datapath_.put_identity(next); !put)
		return refused(put.error());
	if (const auto put = put_lease(binding, slot, until); !put) {
		give_back(next, is_its_own);
		return refused(put.error());
	}
	write_down(next, binding, until, proofs_of(identity));
	return Grant{slot, length, renewed};
}

// What is void takes room in the kernel until it is swept: that is done where it makes room, so that nobody who asks a table
// that is full of what stands sets off a sweep.
Result<void> LeaseBook::put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t until)
{
	auto put = datapath_.put_lease(binding, slot, until);
	if (put || put.error().code() != ErrorCode::kExhausted || standing_ >= lease_room_)
		return put;
	SLUICE_TRY(datapath_.leases());
	return datapath_.put_lease(binding, slot, until);
}

// After a refusal the identity is what it was; a newcomer's slot is over, and anybody's to take.
void LeaseBook::give_back(datapath::Identity next, bool is_its_own)
{
	next.expires_boot_ns = 0;
	next.roles = 0;
	(void)datapath_.put_identity(is_its_own ? holders_[next.slot].identity : next);
}

// ---- what stands ----

void LeaseBook::write_down(const datapath::Identity& next, const datapath::Binding& binding, std::uint64_t until, const Proofs& proofs)
{
	seat(next);
	const auto [entry, is_new] = leases_.try_emplace(binding);
	Held& held = entry->second;
	const bool stood = !is_new && stands(held);
	if (stood && held.slot != next.slot)
		release(holders_[held.slot], 1);
	if (!stood || held.slot != next.slot)
		hold(holders_[next.slot]);
	held.slot = next.slot;
	held.epoch = holders_[next.slot].epoch;
	held.until = until;
	held.proofs = proofs;
	if (is_new || until < held.queued) {
		held.queued = until;
		ends_.push({until, binding});
	}
}

// The slot is this identity's, whoever had it. Who was read back from the kernel gets the whole of its names here.
void LeaseBook::seat(const datapath::Identity& next)
{
	Holder& holder = holders_[next.slot];
	if (holder.leases > 0 && holder.identity.authority != next.authority) {
		uncount(holder.identity.authority);
		holding_[next.authority]++;
	}
	if (holder.identity.slot == next.slot && holder.identity.digest != next.digest)
		slots_.erase(holder.identity.digest);
	name_slot(holder.identity, next);
	holder.identity = next;
	slots_[next.digest] = next.slot;
	untouched_ = std::max(untouched_, next.slot + 1);
}

void LeaseBook::name_slot(const datapath::Identity& before, const datapath::Identity& next)
{
	if (before.slot == next.slot && before.name == next.name)
		return;
	const auto [first, last] = named_.equal_range(before.name);
	const auto old = std::find_if(first, last, [&](const auto& named) { return named.second == before.slot; });
	if (old != last)
		named_.erase(old);
	named_.emplace(next.name, next.slot);
}

void LeaseBook::hold(Holder& holder)
{
	if (holder.leases == 0) {
		idle_.erase(holder.idle_since);
		holding_[holder.identity.authority]++;
	}
	holder.leases++;
	standing_++;
}

void LeaseBook::release(Holder& holder, std::size_t leases)
{
	if (leases == 0)
		return;
	holder.leases -= leases;
	standing_ -= leases;
	if (holder.leases > 0)
		return;
	uncount(holder.identity.authority);
	rest(holder);
}

void LeaseBook::uncount(const std::string& authority)
{
	const auto holding = holding_.find(authority);
	if (--holding->second == 0)
		holding_.erase(holding);
}

void LeaseBook::rest(Holder& holder)
{
	if (!holder.is_idle())
		return;
	holder.idle_since = ++rests_;
	idle_[holder.idle_since] = holder.identity.slot;
}

// The kernel goes by the time of the lease, and has removed those whose flow ended: what is dropped here only makes room.
void LeaseBook::forget_expired()
{
	const std::uint64_t now = clock_.boot_ns();
	while (!ends_.empty() && ends_.top().until <= now) {
		End end = ends_.top();
		ends_.pop();
		const auto found = leases_.find(end.binding);
		if (found == leases_.end() || found->second.queued != end.until)
			continue;
		Held& held = found->second;
		if (held.until > now) {
			held.queued = end.until = held.until;
			ends_.push(std::move(end));
			continue;
		}
		(void)datapath_.drop_lease(end.binding);
		if (stands(held))
			release(holders_[held.slot], 1);
		leases_.erase(found);
	}
}

// Those that have it whole, and those of whom the kernel kept its beginning.
std::vector<std::uint32_t> LeaseBook::slots_of(const std::string& name) const
{
	std::vector<std::uint32_t> slots;
	const auto add = [&](const std::string& kept) {
		const auto [first, last] = named_.equal_range(kept);
		for (auto named = first; named != last; ++named) {
			if (is_named(holders_[named->second].identity, name))
				slots.push_back(named->second);
		}
	};
	add(name);
	if (name.size() > kKeptName)
		add(name.substr(0, kKeptName));
	return slots;
}

bool LeaseBook::is_cut_off(const std::string& name) const
{
	const auto [first, last] = named_.equal_range(name);
	const bool is_somebodys = std::any_of(first, last, [&](const auto& named) { return is_named(holders_[named.second].identity, name); });
	return !is_somebodys && std::any_of(first, last, [&](const auto& named) { return !holders_[named.second].is_idle(); });
}

Result<std::size_t> LeaseBook::revoke(const std::string& name)
{
	std::size_t ended = 0;
	for (const std::uint32_t slot : slots_of(name)) {
		SLUICE_TRY(datapath_.revoke(slot));
		Holder& holder = holders_[slot];
		idle_.erase(holder.idle_since);
		holder.identity.blocked = true;
		holder.epoch++;
		ended += holder.leases;
		release(holder, holder.leases);
	}
	return ended;
}

LeaseBook::Proofs LeaseBook::proofs_of(const identity::Identity& identity)
{
	return {identity.thumbprint ? beginning_of(identity.thumbprint->digest) : 0,
		identity.issuer.empty() ? 0 : proof_of(identity::subject_of(identity.issuer, identity.token_subject))};
}

Result<std::vector<std::size_t>> LeaseBook::end_proved_by(std::span<const std::string> subjects)
{
	std::map<std::uint64_t, std::size_t> wanted;
	for (std::size_t i = 0; i < subjects.size(); i++)
		wanted.emplace(proof_of(subjects[i]), i);
	wanted.erase(0);
	const auto culprit = [&wanted](const Held& held) {
		const auto first = wanted.find(held.proofs[0]);
		return first != wanted.end() ? first : wanted.find(held.proofs[1]);
	};
	std::optional<Error> failure;
	std::vector<std::size_t> ended(subjects.size());
	for (auto lease = leases_.begin(); lease != leases_.end();) {
		const auto by = stands(lease->second) ? culprit(lease->second) : wanted.end();
		const auto dropped = by == wanted.end() ? Result<void>() : datapath_.drop_lease(lease->first);
		const bool failed = !dropped && dropped.error().code() != ErrorCode::kNotFound;
		if (failed)
			failure = dropped.error();
		if (failed || by == wanted.end()) {
			++lease;
			continue;
		}
		release(holders_[lease->second.slot], 1);
		lease = leases_.erase(lease);
		ended[by->second]++;
	}
	if (failure)
		return *failure;
	return ended;
}

Result<std::size_t> LeaseBook::allow(const std::string& name)
{
	std::size_t allowed = 0;
	for (const std::uint32_t slot : slots_of(name)) {
		Holder& holder = holders_[slot];
		if (!holder.identity.blocked)
			continue;
		datapath::Identity next = holder.identity;
		next.blocked = false;
		next.expires_boot_ns = 0;
		SLUICE_TRY(datapath_.put_identity(next));
		holder.identity = next;
		rest(holder);
		allowed++;
	}
	return allowed;
}

LeaseBook::Use LeaseBook::use() const
{
	Use use{standing_, 0, static_cast<std::uint32_t>(lease_room_), static_cast<std::uint32_t>(holders_.size() - 1)};
	for (const auto& [authority, identities] : holding_)
		use.identities += identities;
	return use;
}

std::vector<LeaseBook::Row> LeaseBook::identities() const
{
	std::vector<Row> rows;
	for (const Holder& holder : holders_) {
		if (holder.leases > 0 || holder.identity.blocked)
			rows.push_back({holder.identity, holder.leases});
	}
	return rows;
}

std::string LeaseBook::name_of(std::uint32_t slot) const
{
	return slot < holders_.size() ? holders_[slot].identity.name : std::string();
}

}  // namespace sluice::daemon
