// LeaseTable: identities and their bindings in the kernel, and the list of what kinds of bindings there are, which tells
// packets what to look for (abi/identity.h).
//
// What a packet finds is whole at every step, and a step that fails leaves nothing that lets anybody in: names before
// slots, kinds before bindings. A view: the maps outlive it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "datapath/lease.h"
#include "kernel/typed_map.h"
#include "kernel/undo.h"
#include "sluice/abi/identity.h"

namespace sluice::kernel {

// The maps that belong together: adopted all, or made anew all.
inline constexpr const char* kLeaseMaps[] = {"identities", "identity_names", "bindings", "binding_lengths"};

class LeaseTable {
public:
	struct Maps {
		const Map& identities;
		const Map& names;
		const Map& bindings;
		const Map& lengths;
	};
	static Result<LeaseTable> over(const Maps& maps);

	// As Datapath's functions of these names.
	Result<void> put_identity(const datapath::Identity& identity) const;
	Result<void> put_lease(const datapath::Binding& binding, std::uint32_t slot, std::uint64_t expires_boot_ns) const;
	Result<void> drop_lease(const datapath::Binding& binding) const;
	Result<void> revoke(std::uint32_t slot) const;
	Result<std::optional<datapath::Identity>> identity(std::uint32_t slot) const;
	// Removes bindings that are void on the way.
	Result<datapath::Leases> standing(std::uint64_t now_boot_ns) const;
	// The same, changing nothing.
	Result<datapath::Leases> look(std::uint64_t now_boot_ns) const;

	// Takes `roles` away from everybody: numbers that begin to mean something else. `undo` gives them back.
	Result<void> strip_roles(std::uint64_t roles, Undo& undo) const;

private:
	using Identities = TypedMap<std::uint32_t, sluice_identity>;
	using Names = TypedMap<std::uint32_t, sluice_identity_name>;
	using Bindings = TypedMap<sluice_binding_key, sluice_binding>;
	using Lengths = TypedMap<std::uint32_t, sluice_binding_lengths>;
	LeaseTable(Identities identities, Names names, Bindings bindings, Lengths lengths, const Maps& maps)
	    : identities_(identities), names_(names), bindings_(bindings), lengths_(lengths), maps_(maps)
	{
	}

	Result<datapath::Leases> read(std::uint64_t now_boot_ns, bool remove) const;
	Result<void> list(const sluice_binding_key& key) const;
	Result<sluice_identity> at(std::uint32_t slot) const;

	Identities identities_;
	Names names_;
	Bindings bindings_;
	Lengths lengths_;
	Maps maps_;
};

}  // namespace sluice::kernel
