#include "kernel/lease_table.h"

#include <algorithm>
#include <cstring>

#include "sluice/core/lease.h"

namespace sluice::kernel {
namespace {

constexpr std::uint32_t kZero = 0;

// False when there is no room for yet another length of that family.
bool append(sluice_binding_lengths& lengths, const sluice_binding_key& key)
{
	if (key.length == SLUICE_BINDING_FLOW) {
		lengths.flows = 1;
		return true;
	}
	const unsigned family = net::Address::from_abi(key.source).family();
	std::uint32_t& count = lengths.count[family];
	std::uint8_t* const first = lengths.length[family];
	std::uint8_t* const end = first + std::min(count, SLUICE_MAX_BINDING_LENGTHS);
	if (std::find(first, end, key.length) != end)
		return true;
	if (count >= SLUICE_MAX_BINDING_LENGTHS)
		return false;
	first[count++] = key.length;
	return true;
}

}  // namespace

Result<LeaseTable> LeaseTable::over(const Maps& maps)
{
	SLUICE_TRY_ASSIGN(const Identities identities, Identities::over(maps.identities));
	SLUICE_TRY_ASSIGN(const Names names, Names::over(maps.names));
	SLUICE_TRY_ASSIGN(const Bindings bindings, Bindings::over(maps.bindings));
	SLUICE_TRY_ASSIGN(const Lengths lengths, Lengths::over(maps.lengths));
	return LeaseTable(identities, names, bindings, lengths, maps);
}

Result<sluice_identity> LeaseTable::at(std::uint32_t slot) const
{
	if (slot == SLUICE_IDENTITY_NONE || slot >= maps_.identities.shape().max_entries)
		return Error(ErrorCode::kInvalid, "there is no slot " + std::to_string(slot) + " for an identity");
	return identities_.lookup(slot);
}

Result<void> LeaseTable::put_identity(const datapath::Identity& identity) const
{
	SLUICE_TRY_ASSIGN(const sluice_identity before, at(identity.slot));
	SLUICE_TRY_ASSIGN(const sluice_identity_name owner, names_.lookup(identity.slot));
	const sluice_identity next = datapath::next_of(before, owner, identity);
	const sluice_identity_name name = datapath::name_to_abi(identity);
	if (next.generation == before.generation)
		return identities_.update(identity.slot, next);
	// What the slot was ends first: whatever fails after that, nobody is taken for somebody else.
	SLUICE_TRY(identities_.update(identity.slot, sluice_identity{0, 0, next.generation, 0}));
	SLUICE_TRY(names_.update(identity.slot, name));
	return identities_.update(identity.slot, next);
}

Result<void> LeaseTable::list(const sluice_binding_key& key) const
{
	SLUICE_TRY_ASSIGN(const sluice_binding_lengths before, lengths_.lookup(kZero));
	sluice_binding_lengths after = before;
	if (!append(after, key))
		return Error(ErrorCode::kExhausted,
			     "no room for a lease of yet another prefix length: " + std::to_string(SLUICE_MAX_BINDING_LENGTHS) + " are in use");
	if (std::memcmp(&before, &after, sizeof(after)) == 0)
		return {};
	return lengths_.update(kZero, after);
}

Result<void> LeaseTable::put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns) const
{
	SLUICE_TRY_ASSIGN(const sluice_identity identity, at(slot));
	const sluice_binding_key key = datapath::to_abi(binding);
	SLUICE_TRY(list(key));
	auto written = bindings_.update(key, sluice_binding{expires_boot_ns, slot, identity.generation});
	if (written || written.error().code() != ErrorCode::kExhausted)
		return written;
	return Error(ErrorCode::kExhausted, "all " + std::to_string(maps_.bindings.shape().max_entries) + " leases are in use",
		     "raise --leases");
}

Result<void> LeaseTable::drop_lease(const datapath::Binding& binding) const
{
	return bindings_.erase(datapath::to_abi(binding));
}

Result<void> LeaseTable::revoke(std::uint32_t slot) const
{
	SLUICE_TRY_ASSIGN(sluice_identity identity, at(slot));
	identity.generation++;
	identity.blocked = 1;
	return identities_.update(slot, identity);
}

Result<std::optional<datapath::Identity>> LeaseTable::identity(std::uint32_t slot) const
{
	if (slot == SLUICE_IDENTITY_NONE)
		return std::optional<datapath::Identity>();
	SLUICE_TRY_ASSIGN(const sluice_identity identity, at(slot));
	SLUICE_TRY_ASSIGN(const sluice_identity_name name, names_.lookup(slot));
	return datapath::is_free(name) ? std::nullopt : std::optional(datapath::from_abi(slot, identity, name));
}

Result<datapath::Leases> LeaseTable::standing(std::uint64_t now_boot_ns) const
{
	return read(now_boot_ns, true);
}

Result<datapath::Leases> LeaseTable::look(std::uint64_t now_boot_ns) const
{
	return read(now_boot_ns, false);
}

Result<datapath::Leases> LeaseTable::read(std::uint64_t now_boot_ns, bool remove) const
{
	datapath::Leases leases;
	leases.identity_room = maps_.identities.shape().max_entries;
	leases.lease_room = maps_.bindings.shape().max_entries;
	SLUICE_TRY_ASSIGN(const auto slots, read_array<sluice_identity>(maps_.identities));
	SLUICE_TRY_ASSIGN(const auto names, read_array<sluice_identity_name>(maps_.names));
	const std::size_t count = std::min(slots.size(), names.size());
	for (std::uint32_t slot = 1; slot < count; slot++) {
		if (!datapath::is_free(names[slot]))
			leases.identities.push_back(datapath::from_abi(slot, slots[slot], names[slot]));
	}
	SLUICE_TRY_ASSIGN(const auto entries, bindings_.entries());
	for (const auto& [key, binding] : entries) {
		const bool known = binding.slot < count;
		if (known && sluice_lease_state(&slots[binding.slot], &binding, now_boot_ns) == SLUICE_LEASE_IN_FORCE)
			leases.leases.push_back({datapath::from_abi(key), binding.slot, binding.expires_boot_ns, binding.generation});
		else if (auto erased = remove ? bindings_.erase(key) : Result<void>(); !erased && erased.error().code() != ErrorCode::kNotFound)
			return std::move(erased).error();
	}
	if (remove && leases.leases.empty() && !entries.empty())
		SLUICE_TRY(lengths_.update(kZero, sluice_binding_lengths{}));
	return leases;
}

Result<void> LeaseTable::strip_roles(std::uint64_t roles, Undo& undo) const
{
	if (roles == 0)
		return {};
	SLUICE_TRY_ASSIGN(const auto slots, read_array<sluice_identity>(maps_.identities));
	for (std::uint32_t slot = 1; slot < slots.size(); slot++) {
		if ((slots[slot].roles & roles) == 0)
			continue;
		sluice_identity stripped = slots[slot];
		stripped.roles &= ~roles;
		SLUICE_TRY(identities_.update(slot, stripped));
		undo.add([identities = identities_, slot, before = slots[slot]] { (void)identities.update(slot, before); });
	}
	return {};
}

}  // namespace sluice::kernel
